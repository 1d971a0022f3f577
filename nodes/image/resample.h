#pragma once

#include <opencv2/core.hpp>

namespace leat {

/// The weight of a source pixel as a function of its distance. A reduction stretches it by the reduction factor, against aliasing.
enum class Filter {
  Triangle,  ///< Bilinear.
  Box,       ///< The mean of the area that an output pixel covers.
};

/// Scales an image of any depth and channels. 8 bit: within one gray level of Pillow's resize (BILINEAR, BOX), which rounds between its two
/// passes. 16 bit: within one level of Pillow's resize of the same numbers as floats, rounded.
[[nodiscard]] cv::Mat resample(const cv::Mat& picture, cv::Size size, Filter filter);

/// Scales a mask: takes the source pixel below each output pixel's centre, equal to Pillow's resize (NEAREST).
[[nodiscard]] cv::Mat resample_nearest(const cv::Mat& picture, cv::Size size);

}  // namespace leat
