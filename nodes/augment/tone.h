#pragma once

#include <opencv2/core.hpp>

#include "leat/random.h"

namespace leat {

/// How intensities change, on values of 0..1: v^gamma, then contrast about the mean of that, brightness and noise.
struct Tone {
  double gamma = 1;
  double contrast = 1;
  double brightness = 0;
  double noise = 0;  ///< Standard deviation of white Gaussian noise.
};

/// Changes a gray 8-bit picture. Nothing but noise is cut off at black or white: where contrast and brightness would move values beyond
/// them, the values are moved back, and if they span more than 0..1 their contrast is reduced to it. What the picture shows stays to be
/// seen.
[[nodiscard]] cv::Mat change_tone(const cv::Mat& gray, const Tone& tone, Random& random);

}  // namespace leat
