#pragma once

#include <cstddef>
#include <opencv2/core.hpp>

namespace leat {

/// The inner border of what is 128 and more in a picture of one 8-bit channel, `thickness` pixels wide: 0 or 255. The picture's own
/// border is none.
[[nodiscard]] cv::Mat outline_of(const cv::Mat& mask, int thickness);

/// Draws the outline of every channel of `mask` into a BGR picture of its size.
void draw_outline(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& colour, int thickness);

/// Colours that people with colour vision deficiency tell apart (Okabe and Ito, "Color universal design", 2008), as BGR; they repeat.
[[nodiscard]] cv::Scalar outline_colour(std::size_t which);

}  // namespace leat
