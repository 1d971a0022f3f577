#pragma once

#include <ATen/core/Tensor.h>
#include <opencv2/core.hpp>
#include <vector>

namespace leat {

/// A predicted mask and its reference. Invariant: both have the same size, are 8-bit, and hold 0 and 1.
struct MaskPair {
  cv::Mat predicted;
  cv::Mat reference;
};

/// Returns one pair per channel. The prediction is the logits (K x h x w, float, on the host), resized to the reference (bilinear, corners
/// not aligned), above 0. The reference has K channels and covers the same field of view; its mask is the pixels above 127.
[[nodiscard]] std::vector<MaskPair> masks_at_size_of(const cv::Mat& reference, const at::Tensor& logits);

}  // namespace leat
