#pragma once

#include <opencv2/core.hpp>

namespace leat {

/// Of each pixel the squared Euclidean distance to the nearest pixel of a mask (8-bit, not empty), in squared pixels; 32-bit integers.
[[nodiscard]] cv::Mat squared_distances_to(const cv::Mat& mask);

}  // namespace leat
