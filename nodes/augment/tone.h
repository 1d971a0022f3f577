#pragma once

#include <opencv2/core.hpp>

#include "leat/random.h"

namespace leat {

/// A change of intensities v in 0..1: v^gamma, then contrast about the mean of the result, then brightness, then noise.
struct Tone {
  double gamma = 1;
  double contrast = 1;
  double brightness = 0;
  double noise = 0;  ///< Standard deviation of white Gaussian noise.
};

/// Returns an image of 8 or 16 bit with changed intensities; all its channels are changed alike. Only noise can clip values: if brightness
/// or contrast would move values beyond black or white, the offset is reduced. If the values would span more than 0..1, the contrast is
/// reduced to this span. So no detail of the image is lost.
[[nodiscard]] cv::Mat change_tone(const cv::Mat& picture, const Tone& tone, Random& random);

}  // namespace leat
