#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace leat {

/// Returns an image of 8 or 16 bit, gray or R, G, B, as a PNG file. `compression`: 0..9.
[[nodiscard]] std::vector<std::uint8_t> encode_png(const cv::Mat& picture, int compression);

}  // namespace leat
