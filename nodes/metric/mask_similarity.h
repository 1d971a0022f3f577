#pragma once

#include "metric/mask_pair.h"

namespace leat {

/// Returns the structural similarity (Wang et al., IEEE Transactions on Image Processing 2004) of two masks of 0 and 1, as scikit-image's
/// `structural_similarity` computes it: the mean over all 7 x 7 windows inside the image, with sample covariance. In a smaller image, the
/// side of the window is the largest odd number of pixels that fits.
[[nodiscard]] double structural_similarity(const MaskPair& masks);

}  // namespace leat
