#pragma once

#include "metric/mask_pair.h"

namespace leat {

/// The structural similarity (Wang et al., IEEE Transactions on Image Processing 2004) of two masks as pictures of 0 and 1, as
/// scikit-image's `structural_similarity` has it: the mean over all windows of 7 x 7 that lie in the picture, with sample covariance. In a
/// picture that is smaller the window's side is the largest odd number of pixels that fits.
[[nodiscard]] double structural_similarity(const MaskPair& masks);

}  // namespace leat
