#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace leat {

/// A predicted mask and its reference. Invariant: both have the same size, are 8-bit, and hold 0 and 1.
struct MaskPair {
  cv::Mat predicted;
  cv::Mat reference;
  std::int64_t unknown_pixels = 0;  ///< Pixels that are unknown in the reference. They are 0 in both.

  [[nodiscard]] bool is_known() const { return unknown_pixels < static_cast<std::int64_t>(reference.total()); }
};

/// Returns one pair per channel. The prediction is the logits (K x h x w, float, on the host), resized to the reference (bilinear, corners
/// not aligned), above 0. The reference has K channels and covers the same field of view; its mask is the pixels above 127. `has_unknown`:
/// pixels that are `unknown::pixel` are left out.
[[nodiscard]] std::vector<MaskPair> masks_at_size_of(const cv::Mat& reference, const at::Tensor& logits, bool has_unknown = false);

}  // namespace leat
