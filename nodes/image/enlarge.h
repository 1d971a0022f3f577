#pragma once

#include <opencv2/core.hpp>

namespace leat {

/// Returns a gray 8-bit image enlarged on both axes, or equal on one: the bits of OpenCV's INTER_LINEAR_EXACT, in a third of its time. Each
/// pixel is the rounded sum of four neighbours with weights of 1/256 on each axis.
[[nodiscard]] cv::Mat enlarge(const cv::Mat& gray, cv::Size size);

}  // namespace leat
