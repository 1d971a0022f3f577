#pragma once

#include "metric/mask_pair.h"

namespace leat {

/// Distances between two masks in pixels: Euclidean, between pixel centres. If both masks are empty, all are 0. If only one is, all are the
/// diagonal of the image.
struct MaskDistances {
  /// Average Hausdorff distance of all pixels (Taha & Hanbury, BMC Medical Imaging 2015): for each mask, the mean distance of its pixels to
  /// the other mask; the larger of the two.
  double ahd_allpixel = 0;
  /// Average symmetric surface distance: the mean distance of the pixels of both surfaces to the other surface.
  double assd = 0;
  /// For each surface, the 95th percentile of its pixels' distances to the other surface, interpolated linearly between ranks; the larger
  /// of the two.
  double hd95 = 0;
};

/// Returns the distances of two masks. The surface of a mask is the set of its pixels with at least one of their four neighbours outside
/// it. Everything beyond the image is outside, as in MONAI.
[[nodiscard]] MaskDistances mask_distances(const MaskPair& masks);

}  // namespace leat
