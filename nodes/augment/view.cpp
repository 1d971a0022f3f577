#include "augment/view.h"

#include <cmath>

namespace leat {

View draw_view(Random& random, cv::Size size, double flip, double pad) {
  const std::int64_t x = std::lround(size.width * pad);
  const std::int64_t y = std::lround(size.height * pad);
  View view;
  view.is_flipped = random.chance(flip);
  view.left_px = static_cast<int>(random.between(-x, x));
  view.above_px = static_cast<int>(random.between(-y, y));
  return view;
}

}  // namespace leat
