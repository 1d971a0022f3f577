#pragma once

#include <cstddef>
#include <opencv2/core.hpp>

namespace leat {

/// Returns the inner border of the pixels of 128 or more, `thickness` pixels wide, as 0 and 255. `mask` has one 8-bit channel. Pixels at
/// the image's own border do not count as border.
[[nodiscard]] cv::Mat outline_of(const cv::Mat& mask, int thickness);

/// Draws the outline of every channel of `mask` into an image of R, G, B of its size.
void draw_outline(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& colour, int thickness);

/// Returns one of six colours, as R, G, B; they repeat. People with a colour vision deficiency can distinguish them (Okabe and Ito, "Color
/// universal design", 2008).
[[nodiscard]] cv::Scalar outline_colour(std::size_t which);

}  // namespace leat
