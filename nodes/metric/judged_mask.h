#pragma once

#include <string>
#include <vector>

#include "leat/image_table.h"
#include "metric/mask_pair.h"
#include "metric/overlap.h"
#include "metric/surface_distance.h"

namespace leat {

/// All measures of one pair of masks.
struct JudgedMask {
  Overlap overlap;
  double ssim = 0;
  MaskDistances distances;
  bool is_known = true;  ///< False: the structure is unknown in the image, and there is no measure.
};

[[nodiscard]] JudgedMask judge(const MaskPair& masks);

/// Names of the mask channels, the distance between pixels of the reference in mm (0: unknown), and whether structures can be unknown.
struct MaskNaming {
  std::vector<std::string> channels;
  double spacing_mm = 0;
  bool has_unknown = false;
};

/// Throws Refusal if a metric of one of several masks would have the name of a metric of all masks.
void check_mask_names(const std::vector<std::string>& names);

/// Returns the table fields of one image, from the measures of all its channels: dice, jaccard, precision, recall and ssim; ahd_allpixel,
/// assd and hd95 in pixels; the same with the suffix _mm if the spacing is known; trivial_dice, the Dice of predicting every pixel;
/// shared_pixels, predicted_pixels and reference_pixels. With several channels, each channel has its own columns, such as dice_<name>. The
/// fields of an unknown structure are unknown.
[[nodiscard]] std::vector<ImageTable::Field> mask_fields(const MaskNaming& naming, const std::vector<JudgedMask>& masks);

/// Returns the metrics of these columns: means over images and channels, except of the last three columns; with several channels, also the
/// means of each channel, such as dice_<name>, except of trivial_dice; and dice_pooled, jaccard_pooled, precision_pooled and recall_pooled,
/// over the pixels of all masks together.
[[nodiscard]] std::vector<ImageMetric> mask_metrics(const MaskNaming& naming);

/// Numbers of masks without a pixel. Overlap and MaskDistances define their measures.
struct EmptyMasks {
  std::int64_t reference = 0;
  std::int64_t predicted = 0;
};
/// Returns, for each channel, the number of images in which the structure is known.
[[nodiscard]] std::vector<std::int64_t> known_masks(const MaskNaming& naming, const ImageTable& table);
[[nodiscard]] EmptyMasks empty_masks(const MaskNaming& naming, const ImageTable& table);

}  // namespace leat
