#pragma once

#include <array>
#include <opencv2/core.hpp>

namespace leat {

/// Returns the number of pixels of each value in a gray 8-bit image.
[[nodiscard]] std::array<std::int64_t, 256> histogram(const cv::Mat& gray);

/// Returns the image with a nearly uniform distribution of values, equal to Pillow's ImageOps.equalize.
[[nodiscard]] cv::Mat equalize(const cv::Mat& gray);

}  // namespace leat
