#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core.hpp>

namespace leat {

/// The number of pixels of each value in a gray 8-bit image.
using Histogram = std::array<std::int64_t, 256>;
/// A new value for each value of a gray 8-bit image.
using GrayTable = std::array<std::uint8_t, 256>;

[[nodiscard]] Histogram histogram(const cv::Mat& gray);
[[nodiscard]] cv::Mat look_up(const cv::Mat& gray, const GrayTable& table);

/// Returns the table that makes the distribution of values nearly uniform, equal to Pillow's ImageOps.equalize.
[[nodiscard]] GrayTable equalizing(const Histogram& counts);

}  // namespace leat
