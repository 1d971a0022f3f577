#pragma once

#include <cstdint>
#include <opencv2/core.hpp>

#include "image/depths.h"

namespace leat {

/// Returns the luma (ITU-R 601) of R, G, B, as Pillow's convert("L"): 0.299, 0.587 and 0.114 of 65536. T: std::uint8_t or std::uint16_t.
template <class T>
[[nodiscard]] std::uint32_t luma(const T* pixel) {
  return (pixel[0] * 19595U + pixel[1] * 38470U + pixel[2] * 7471U + 0x8000U) >> 16;
}

/// Returns true if an image of R, G, B, of any depth, has three equal channels: a gray image that was read as colours.
[[nodiscard]] inline bool has_equal_channels(const cv::Mat& colours) {
  return of_depth(colours, [&](auto value) {
    using T = decltype(value);
    for (int y = 0; y < colours.rows; ++y)
      for (const T *pixel = colours.ptr<T>(y), *end = pixel + 3 * colours.cols; pixel < end; pixel += 3)
        if (pixel[0] != pixel[1] || pixel[1] != pixel[2]) return false;
    return true;
  });
}

/// Returns the luma of an image of R, G, B with 8 or 16 bit.
[[nodiscard]] inline cv::Mat luma_of(const cv::Mat& colours) {
  cv::Mat out(colours.size(), CV_MAKETYPE(colours.depth(), 1));
  of_whole_depth(colours, [&](auto value) {
    using T = decltype(value);
    for (int y = 0; y < colours.rows; ++y)
      for (int x = 0; x < colours.cols; ++x) out.ptr<T>(y)[x] = static_cast<T>(luma(colours.ptr<T>(y) + 3 * x));
  });
  return out;
}

}  // namespace leat
