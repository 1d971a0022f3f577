#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "metric/image_table.h"
#include "metric/overlap.h"

namespace leat {

/// The images that metric.segmentation has judged: a state.
struct SegmentedImages {
  std::int64_t channels = 0;
  std::vector<std::string> ids;
  std::vector<std::string> groups;
  std::vector<Overlap> overlaps;  ///< Images x channels.
  std::int64_t dropped = 0;

  [[nodiscard]] std::size_t size() const { return ids.size(); }
  void add(const std::string& id, const std::string& group, const std::vector<Overlap>& of_channels);
  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);
};

/// dice, jaccard, precision and recall, means of images and channels; with several channels also dice_<name> and so on, means of images;
/// trivial_dice, the Dice of saying every pixel; and empty_reference and empty_prediction, how many of these masks are empty (they count as
/// Overlap says).
[[nodiscard]] std::vector<std::pair<std::string, double>> segmentation_scores(const SegmentedImages& images, const std::vector<std::string>& names);

/// image, group, dice, jaccard, precision, recall; with several channels a row has dice_<name> and so on instead.
[[nodiscard]] ImageTable segmentation_table(const SegmentedImages& images, const std::vector<std::string>& names);

}  // namespace leat
