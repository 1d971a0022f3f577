#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace leat {

/// Returns true if the file has a palette (PNG, TIFF and BMP can have one), and pixels use two of its entries that have the same colour.
/// What these entries draw cannot be told apart in the decoded picture. `decoded` is the picture as `decode_picture` returns it.
[[nodiscard]] bool has_hidden_entries(std::span<const std::uint8_t> file, const cv::Mat& decoded);

/// Returns the index of each pixel's entry, 8 bit, upright, if the file has a palette; else an empty picture.
[[nodiscard]] cv::Mat palette_numbers(std::span<const std::uint8_t> file);

}  // namespace leat
