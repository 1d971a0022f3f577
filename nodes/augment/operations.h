#pragma once

#include <opencv2/core.hpp>

#include "image/histogram.h"

namespace leat {

// Photometric operations on gray 8-bit images of any size. Each equals Pillow's operation exactly (ImageOps, ImageEnhance). See also
// `equalizing` in image/histogram.h. [any thread]

/// Stretches the values so that the darkest becomes 0 and the brightest 255. An image of one value is unchanged.
[[nodiscard]] GrayTable stretching(const Histogram& counts);
/// Blends with black. Factor 0: black; 1: the image; above 1: brighter.
[[nodiscard]] GrayTable brightening(double factor);
/// Blends with the image's rounded mean. Factor 0: uniform; 1: the image; above 1: more contrast.
[[nodiscard]] GrayTable contrasting(const Histogram& counts, double factor);
/// Keeps the upper `bits` bits of each value, 1..8.
[[nodiscard]] GrayTable posterizing(int bits);
/// Inverts values at or above `threshold`, which is 0..256.
[[nodiscard]] GrayTable solarizing(int threshold);
/// Blends with the image smoothed over 3 x 3 pixels (centre 5/13, others 1/13, edge pixels kept). Factor 0: smooth; above 1: sharper. The
/// source is not changed, and the result shares no pixels with it.
[[nodiscard]] cv::Mat sharpness(const cv::Mat& gray, double factor);

}  // namespace leat
