#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "leat/image.h"

namespace leat {

/// An 8-bit picture of `size` whose pixel (x, y) is that of `from` at map (x, y), bilinear, exact to the rounding; up to half a pixel
/// beyond the border the border's value, 0 farther out. `map` is as a Placement's.
[[nodiscard]] cv::Mat sample_affine(const cv::Mat& from, const std::array<double, 6>& map, cv::Size size);

/// The picture as its file has it: undoes the placement. What the picture does not show is 0.
[[nodiscard]] cv::Mat restore(const Image& image);

/// The map that does `first` and then `second`.
[[nodiscard]] std::array<double, 6> after(const std::array<double, 6>& first, const std::array<double, 6>& second);

}  // namespace leat
