#pragma once

#include <ATen/core/Tensor.h>
#include <opencv2/core.hpp>

namespace leat {

/// Fraction of an image's saliency that is on a structure, and the area of the structure.
struct SaliencyShare {
  double inside = 0;  ///< Fraction of the saliency on the structure, 0..1.
  double area = 0;    ///< Fraction of the pixels on the structure, 0..1. It equals `inside` if the saliency is the same everywhere.

  /// Returns `inside` divided by `area`. 1: saliency is as dense on the structure as elsewhere. NaN: the structure is empty.
  [[nodiscard]] double focus() const { return inside / area; }
};

/// Returns the shares of a saliency map and a mask. The map is h x w, float, at least 0, not all 0, on the host. The mask has one channel
/// and the same field of view. Each pixel of the map counts by the fraction of it that the mask (above 127) covers. `has_unknown`: pixels
/// that are `unknown::pixel` are left out of the map and of the mask; without others, the shares are NaN.
[[nodiscard]] SaliencyShare saliency_share(const at::Tensor& saliency, const cv::Mat& mask, bool has_unknown = false);

}  // namespace leat
