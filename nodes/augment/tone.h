#pragma once

#include <opencv2/core.hpp>

#include "leat/random.h"

namespace leat {

/// How intensities change, on values of 0..1: ((v^gamma) - .5) contrast + .5 + brightness + noise.
struct Tone {
  double gamma = 1;
  double contrast = 1;
  double brightness = 0;
  double noise = 0;  ///< Standard deviation of white Gaussian noise.
};

/// Changes a gray 8-bit picture; values are rounded, and cut off at 0 and 255 once, at the end.
[[nodiscard]] cv::Mat change_tone(const cv::Mat& gray, const Tone& tone, Random& random);

}  // namespace leat
