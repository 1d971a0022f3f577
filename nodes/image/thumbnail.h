#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

namespace leat {

/// A picture of 16 x 16 numbers, row by row, to compare the large shapes of two images.
constexpr int thumbnail_side = 16, thumbnail_size = thumbnail_side * thumbnail_side;
using Thumbnail = std::array<float, thumbnail_size>;

/// Returns the mean of each 256th part of an image, of any size and depth, averaged over its channels.
[[nodiscard]] Thumbnail thumbnail_of(const cv::Mat& pixels);

/// Returns Pearson's correlation of two thumbnails, -1..1; 0 if one of them has one value only.
[[nodiscard]] double likeness(std::span<const float> one, std::span<const float> other);

}  // namespace leat
