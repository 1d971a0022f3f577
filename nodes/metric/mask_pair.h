#pragma once

#include <ATen/core/Tensor.h>
#include <opencv2/core.hpp>
#include <vector>

namespace leat {

/// What was predicted and its reference: one size, 8-bit, 0 and 1.
struct MaskPair {
  cv::Mat predicted;
  cv::Mat reference;
};

/// A pair each channel: logits (K x h x w, float, on the host), brought to the reference's size (bilinear, corners not aligned) and cut at
/// 0, with the pixels above 127 of a reference of K channels, which shows the same field.
[[nodiscard]] std::vector<MaskPair> masks_at_size_of(const cv::Mat& reference, const at::Tensor& logits);

}  // namespace leat
