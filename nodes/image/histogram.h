#pragma once

#include <array>
#include <opencv2/core.hpp>

namespace leat {

/// How many pixels of a gray 8-bit picture have each value.
[[nodiscard]] std::array<std::int64_t, 256> histogram(const cv::Mat& gray);

/// Spreads the values so that their distribution becomes nearly uniform; equal to Pillow's ImageOps.equalize.
[[nodiscard]] cv::Mat equalize(const cv::Mat& gray);

}  // namespace leat
