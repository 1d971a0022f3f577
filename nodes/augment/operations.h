#pragma once

#include <opencv2/core.hpp>

#include "image/histogram.h"

namespace leat {

// Photometric operations on one channel of any size; T is the type of a value, 8 or 16 bit. With 8 bit, each equals Pillow's operation
// exactly (ImageOps, ImageEnhance). With 16 bit, it is the same arithmetic over 0..65535. Pillow treats the channels of a colour image
// alone, but for the mean of contrast, which is that of the luma. See also `equalizing` in image/histogram.h. [any thread]

/// Stretches the values so that the darkest becomes 0 and the brightest full. An image of one value is unchanged.
template <class T = std::uint8_t>
[[nodiscard]] TableOf<T> stretching(const HistogramOf<T>& counts);
/// Blends with black. Factor 0: black; 1: the image; above 1: brighter.
template <class T = std::uint8_t>
[[nodiscard]] TableOf<T> brightening(double factor);
/// Blends with a value, the rounded mean of the image. Factor 0: uniform; 1: the image; above 1: more contrast.
template <class T = std::uint8_t>
[[nodiscard]] TableOf<T> contrasting(int mean, double factor);
template <class T = std::uint8_t>
[[nodiscard]] int rounded_mean(const HistogramOf<T>& counts);
/// Returns the rounded mean of the luma (ITU-R 601) of R, G, B.
template <class T>
[[nodiscard]] int rounded_mean_of_luma(const cv::Mat& colours);
/// Keeps the upper `bits` bits of each value, 1..8.
template <class T = std::uint8_t>
[[nodiscard]] TableOf<T> posterizing(int bits);
/// Inverts values at or above `threshold`, which is 0..256 of 8 bit. For 16 bit it is multiplied by 257.
template <class T = std::uint8_t>
[[nodiscard]] TableOf<T> solarizing(int threshold);
/// Blends with the image smoothed over 3 x 3 pixels (centre 5/13, others 1/13, edge pixels kept). Factor 0: smooth; above 1: sharper. The
/// source is not changed, and the result shares no pixels with it.
template <class T = std::uint8_t>
[[nodiscard]] cv::Mat sharpness(const cv::Mat& gray, double factor);

}  // namespace leat
