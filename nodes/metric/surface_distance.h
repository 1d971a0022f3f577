#pragma once

#include "metric/mask_pair.h"

namespace leat {

/// How far two masks lie apart, in pixels, by Euclidean distances of pixel centres. Two empty masks are at 0; where one alone is empty,
/// each distance is the picture's diagonal.
struct MaskDistances {
  /// Average Hausdorff distance of all pixels (Taha & Hanbury, BMC Medical Imaging 2015): of the two means, over a mask's pixels, of the
  /// distance to the other mask, the larger.
  double ahd_allpixel = 0;
  /// Average symmetric surface distance: the mean, over the pixels of both surfaces, of the distance to the other surface.
  double assd = 0;
  /// The larger of the 95th percentiles, of either surface's pixels, of the distance to the other surface; between two ranks it is linear.
  double hd95 = 0;
};

/// A mask's surface is made of its pixels that have one of their four neighbours outside of it; all that lies beyond the picture is outside
/// (as in MONAI).
[[nodiscard]] MaskDistances mask_distances(const MaskPair& masks);

}  // namespace leat
