#pragma once

#include <ATen/core/Tensor.h>
#include <opencv2/core.hpp>

namespace leat {

/// How much of an image's saliency lies on a structure.
struct SaliencyShare {
  double inside = 0;  ///< Of the saliency, 0..1.
  double area = 0;    ///< Of the pixels, 0..1: what a saliency that is the same everywhere has inside.

  /// 1: the structure draws no more than the rest of the picture. Not a number where the structure is empty.
  [[nodiscard]] double focus() const { return inside / area; }
};

/// Of a saliency (h x w, float, at least 0, not all 0, on the host) and a mask of one channel that shows the same field: a pixel of the
/// saliency counts as far as the mask (above 127) covers it.
[[nodiscard]] SaliencyShare saliency_share(const at::Tensor& saliency, const cv::Mat& mask);

}  // namespace leat
