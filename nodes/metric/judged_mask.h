#pragma once

#include <string>
#include <vector>

#include "leat/image_table.h"
#include "metric/mask_pair.h"
#include "metric/overlap.h"
#include "metric/surface_distance.h"

namespace leat {

/// All that is measured of a pair of masks.
struct JudgedMask {
  Overlap overlap;
  double ssim = 0;
  MaskDistances distances;
};

[[nodiscard]] JudgedMask judge(const MaskPair& masks);

/// What is said of images: the names of their channels, and the millimetres between pixels of a reference (0: unknown).
struct MaskNaming {
  std::vector<std::string> channels;
  double spacing_mm = 0;
};

/// Throws Refusal where a figure of one of several masks would have the name of a figure of all.
void check_mask_names(const std::vector<std::string>& names);

/// Of an image whose masks of all channels were judged: dice, jaccard, precision, recall and ssim, and in pixels ahd_allpixel, assd and
/// hd95, where the spacing is known also in millimetres, as ahd_allpixel_mm and so on; then trivial_dice, the Dice of saying every pixel,
/// and shared_pixels, predicted_pixels and reference_pixels. With several channels each has columns of its own, dice_<name> and so on.
[[nodiscard]] std::vector<ImageTable::Field> mask_fields(const MaskNaming& naming, const std::vector<JudgedMask>& masks);

/// Means of all images and channels of these columns but the last three; with several channels also dice_<name> and so on;
/// and dice_pooled, jaccard_pooled, precision_pooled and recall_pooled, of the pixels of all masks together.
[[nodiscard]] std::vector<ImageMetric> mask_metrics(const MaskNaming& naming);

/// Masks without a pixel, which count as Overlap and mask_distances say.
struct EmptyMasks {
  std::int64_t reference = 0;
  std::int64_t predicted = 0;
};
[[nodiscard]] EmptyMasks empty_masks(const MaskNaming& naming, const ImageTable& table);

}  // namespace leat
