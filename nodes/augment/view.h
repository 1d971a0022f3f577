#pragma once

#include <opencv2/core.hpp>

#include "leat/random.h"

namespace leat {

/// A flipped and shifted view, of the image's size: flip, then reflect padding (edge pixels are not repeated), then a crop.
struct View {
  bool is_flipped = false;  ///< Left to right.
  int left_px = 0;          ///< Distance of the crop to the left of the image; negative: to the right.
  int above_px = 0;         ///< Distance of the crop above the image; negative: below.
};

/// Draws a flip with the probability `flip`, and a crop from the image padded on all sides by `pad`, a fraction of each side.
[[nodiscard]] View draw_view(Random& random, cv::Size size, double flip, double pad);

}  // namespace leat
