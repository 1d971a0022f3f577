#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "leat/image.h"

namespace leat {

/// Returns an 8-bit image of `size`. Its pixel (x, y) is `from` at map (x, y), bilinear and rounded. Up to half a pixel outside the border
/// it has the border's value, farther outside 0. `map` has the form of a Placement's map.
[[nodiscard]] cv::Mat sample_affine(const cv::Mat& from, const std::array<double, 6>& map, cv::Size size);

/// Returns the image at its file's size and position: undoes the placement. Pixels that the image does not cover are 0.
[[nodiscard]] cv::Mat restore(const Image& image);

/// Returns the map that applies `first` and then `second`.
[[nodiscard]] std::array<double, 6> after(const std::array<double, 6>& first, const std::array<double, 6>& second);

}  // namespace leat
