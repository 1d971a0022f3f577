#pragma once

#include <opencv2/core.hpp>

namespace leat {

// Photometric operations on gray 8-bit images of any size. Each equals Pillow's operation exactly (ImageOps, ImageEnhance). The source is
// not changed, and the result shares no pixels with it. See also equalize in image/histogram.h. [any thread]

/// Stretches the values so that the darkest becomes 0 and the brightest 255. An image of one value is unchanged.
[[nodiscard]] cv::Mat autocontrast(const cv::Mat& gray);
/// Blends with black. Factor 0: black; 1: the image; above 1: brighter.
[[nodiscard]] cv::Mat brightness(const cv::Mat& gray, double factor);
/// Blends with the image's rounded mean. Factor 0: uniform; 1: the image; above 1: more contrast.
[[nodiscard]] cv::Mat contrast(const cv::Mat& gray, double factor);
/// Keeps the upper `bits` bits of each value, 1..8.
[[nodiscard]] cv::Mat posterize(const cv::Mat& gray, int bits);
/// Blends with the image smoothed over 3 x 3 pixels (centre 5/13, others 1/13, edge pixels kept). Factor 0: smooth; above 1: sharper.
[[nodiscard]] cv::Mat sharpness(const cv::Mat& gray, double factor);
/// Inverts values at or above `threshold`, which is 0..256.
[[nodiscard]] cv::Mat solarize(const cv::Mat& gray, int threshold);

}  // namespace leat
