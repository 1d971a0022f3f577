#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/image_table.h"
#include "leat/sample.h"
#include "metric/mask_pair.h"

namespace leat {

/// Returns a mask of 0 and 1 as text: `64x48 120 7 …`, its width and height, then the lengths of runs of equal pixels, row by row. The
/// first run is of 0 and can be empty. A mask with more than 128 pixels on a side is reduced first (nearest pixel).
[[nodiscard]] std::string mask_text(const cv::Mat& mask);
/// Returns an 8-bit picture as text: `drawn ` or `file `, then a gray PNG with at most 128 pixels on a side, in base 64.
[[nodiscard]] std::string picture_text(const cv::Mat& picture, bool is_drawn);

/// Masks and pictures of evaluated images, for drawings in reports. Invariant: a row for each image, in the order in which they were added.
class KeptMasks {
 public:
  /// `rank`: the images with the lowest are kept first. An empty picture: there is none.
  void add(const Sample& sample, double rank, const std::vector<MaskPair>& masks, const std::string& picture);
  /// Returns a table of the same images with further columns: `mask_predicted` and `mask_reference`, with a `_<name>` if there are several
  /// channels, and `picture` if there are pictures. They are empty in the rows that exceed the bytes.
  [[nodiscard]] ImageTable with_masks(const ImageTable& table, const std::vector<std::string>& channels, std::size_t bytes) const;

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);

 private:
  std::vector<std::string> images_, groups_, patients_;
  std::vector<double> ranks_;
  std::vector<std::string> masks_;  ///< For each image and channel: predicted, reference.
  std::vector<std::string> pictures_;
};

}  // namespace leat
