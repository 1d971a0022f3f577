#pragma once

#include <opencv2/core.hpp>

namespace leat {

/// The weight of a source pixel by its distance, stretched by the factor of a reduction so that nothing aliases.
enum class Filter {
  Triangle,  ///< Bilinear.
  Box,       ///< The mean of the area that an output pixel covers.
};

/// Scales a picture of 8-bit channels. Within one grey level of Pillow's resize (BILINEAR, BOX), which rounds between its two passes.
[[nodiscard]] cv::Mat resample(const cv::Mat& picture, cv::Size size, Filter filter);

/// Scales by taking the source pixel under each output pixel's centre; equal to Pillow's resize (NEAREST). For masks.
[[nodiscard]] cv::Mat resample_nearest(const cv::Mat& picture, cv::Size size);

}  // namespace leat
