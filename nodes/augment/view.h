#pragma once

#include "leat/image.h"
#include "leat/random.h"

namespace leat {

/// A mirrored and shifted view of a picture at its own size: flip, then reflect padding (edge pixels not repeated) and a crop.
struct View {
  bool is_flipped = false;  ///< Left to right.
  int left_px = 0;          ///< How far the crop lies left of the picture; negative: right of it.
  int above_px = 0;
};

/// Draws a flip of that probability and a crop from a picture padded by `pad` (a fraction of each side) on all sides.
[[nodiscard]] View draw_view(Random& random, cv::Size size, double flip, double pad);
[[nodiscard]] Image crop_view(const Image& image, const View& view);

}  // namespace leat
