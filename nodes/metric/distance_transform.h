#pragma once

#include <opencv2/core.hpp>

namespace leat {

/// Returns the squared Euclidean distance of each pixel to the nearest pixel of `mask` (8-bit, not empty), in squared pixels, as 32-bit
/// integers.
[[nodiscard]] cv::Mat squared_distances_to(const cv::Mat& mask);

}  // namespace leat
