#pragma once

#include <opencv2/core.hpp>

#include "leat/model.h"

namespace leat {

/// Returns true if an image of 16 bit has values above 0, but none of a quarter of the range or more. Stops at the first row with one.
[[nodiscard]] bool is_dark(const cv::Mat& pixels);

/// Returns true if the numbers that a network gets from an image of floats are far from those it is made for: more than 10 deviations from
/// the mean, on average over a grid of at most 32 x 32 pixels. NaN and infinite floats do not count.
[[nodiscard]] bool is_far_off(const cv::Mat& pixels, const Normalization& used);

}  // namespace leat
