#pragma once

#include <opencv2/core.hpp>

namespace leat {

// Photometric operations on gray 8-bit pictures of any size, each exactly what Pillow does (ImageOps, ImageEnhance). The source is not
// written; the result shares no pixels with it. See also equalize in image/histogram.h. [any thread]

/// Stretches the values so that the darkest becomes 0 and the brightest 255; a picture of one value stays.
[[nodiscard]] cv::Mat autocontrast(const cv::Mat& gray);
/// Blends with black: factor 0 is black, 1 the picture, more is brighter.
[[nodiscard]] cv::Mat brightness(const cv::Mat& gray, double factor);
/// Blends with the picture's rounded mean: factor 0 is uniform, 1 the picture, more has more contrast.
[[nodiscard]] cv::Mat contrast(const cv::Mat& gray, double factor);
/// Keeps the upper `bits` bits of each value, 1..8.
[[nodiscard]] cv::Mat posterize(const cv::Mat& gray, int bits);
/// Blends with the picture smoothed over 3 x 3 pixels (centre 5/13, others 1/13, edge pixels kept): factor 0 is smooth, 2 sharper.
[[nodiscard]] cv::Mat sharpness(const cv::Mat& gray, double factor);
/// Inverts the values from `threshold` on, 0..256.
[[nodiscard]] cv::Mat solarize(const cv::Mat& gray, int threshold);

}  // namespace leat
