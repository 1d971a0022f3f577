#pragma once

#include <ATen/core/Tensor.h>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/image_table.h"

namespace leat {

/// Returns a mask of 0 and 1 as text: `64x48 120 7 …`, its width and height, then the lengths of runs of equal pixels, row by row. The
/// first run is of 0 and can be empty. A mask with more than 128 pixels on a side is reduced first (nearest pixel).
[[nodiscard]] std::string mask_text(const cv::Mat& mask);
/// Returns a picture as text: a PNG, gray or in colour, with at most 128 pixels on a side, in base 64. Of 16 bit and floats, the smallest
/// value is black and the largest white.
[[nodiscard]] std::string picture_text(const cv::Mat& picture);
/// Returns a saliency map, h x w, float, at least 0, on the host, as text: a gray PNG in base 64 with at most 32 pixels on a side (mean of
/// areas) and 16 grays. The largest value is white.
[[nodiscard]] std::string saliency_text(const at::Tensor& saliency);

/// Masks, saliency maps and pictures of evaluated images, for drawings in reports. Keeps those of the lowest ranks that fit into some
/// bytes: first the texts of all images, then pictures in the bytes that are left. From the first rank on that does not fit, nothing is
/// kept. Invariant: what is kept does not depend on the order in which images of different ranks were added.
class KeptPictures {
 public:
  /// Adds the image of the next row of the table. `texts` has the same number of entries in every call. An empty picture: there is none.
  /// Keeps at most about twice `bytes` in memory.
  void add(double rank, std::vector<std::string> texts, std::string picture, bool is_drawn, std::size_t bytes);
  /// Returns the table with further columns: `columns` for the texts, `picture` if there are pictures, and `picture_from`, which is `drawn`
  /// or `file`. They are empty in rows of which nothing is kept. The table has a row for each image that was added.
  [[nodiscard]] ImageTable with_columns(ImageTable table, const std::vector<std::string>& columns, std::size_t bytes) const;
  /// Returns a sentence if the texts of some images do not fit: "the masks of 3 of 10 images are kept …"; else an empty string.
  [[nodiscard]] std::string shortfall(const std::string& what, std::size_t bytes) const;

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);

 private:
  struct Image {
    std::int64_t row = 0;
    double rank = 0;
    bool is_drawn = false;
    std::vector<std::string> texts;
    std::string picture;
  };

  std::vector<Image> kept_;                                            ///< By rank, then by row.
  double least_cut_rank_ = std::numeric_limits<double>::infinity();    ///< Lowest rank of images whose texts did not fit.
  double least_blank_rank_ = std::numeric_limits<double>::infinity();  ///< Lowest rank of images whose picture did not fit.
  std::int64_t rows_ = 0;                                              ///< Images that were added.
  double bytes_of_all_ = 0;                                            ///< Of the texts of all images that were added.
  std::size_t text_bytes_ = 0;                                         ///< Of `kept_`.
  std::size_t picture_bytes_ = 0;
};

}  // namespace leat
