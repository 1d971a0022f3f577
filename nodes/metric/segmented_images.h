#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "metric/image_table.h"
#include "metric/judged_images.h"
#include "metric/mask_pair.h"
#include "metric/overlap.h"
#include "metric/surface_distance.h"

namespace leat {

/// All that is kept of a pair of masks.
struct JudgedMask {
  Overlap overlap;
  double ssim = 0;
  MaskDistances distances;
};

[[nodiscard]] JudgedMask judge(const MaskPair& masks);

/// The images that metric.segmentation has judged: a state.
struct SegmentedImages {
  std::int64_t channels = 0;
  JudgedImages images;
  std::vector<JudgedMask> masks;  ///< Images x channels.
  std::int64_t dropped = 0;

  [[nodiscard]] std::size_t size() const { return images.size(); }
  void add(const Sample& sample, const std::vector<JudgedMask>& of_channels);
  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);
};

/// What is said of images: the names of their channels, and the millimetres between pixels of a reference (0: unknown).
struct MaskNaming {
  std::vector<std::string> channels;
  double spacing_mm = 0;
};

/// Throws Refusal where a figure of one of several masks would have the name of a figure of all.
void check_mask_names(const std::vector<std::string>& names);

/// dice, jaccard, precision, recall and ssim, and in pixels ahd_allpixel, assd and hd95, where the spacing is known also in millimetres, as
/// ahd_allpixel_mm and so on: means of images and channels; with several channels also dice_<name> and so on, means of images;
/// dice_pooled, jaccard_pooled, precision_pooled and recall_pooled, of the pixels of all masks together; trivial_dice, the Dice of saying
/// every pixel; and empty_reference and empty_prediction, how many of these masks are empty (they count as Overlap and mask_distances say).
[[nodiscard]] std::vector<std::pair<std::string, double>> segmentation_scores(const SegmentedImages& images, const MaskNaming& naming);

/// JudgedImages::columns(), then what segmentation_scores has means of; with several channels a row has dice_<name> and so on instead.
[[nodiscard]] ImageTable segmentation_table(const SegmentedImages& images, const MaskNaming& naming);

}  // namespace leat
