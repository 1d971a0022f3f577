#include "augment/view.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "augment/warp.h"

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

Image crop_view(const Image& image, const View& view) {
  cv::Mat flipped;
  if (view.is_flipped) cv::flip(image.pixels, flipped, 1);
  const cv::Mat& source = view.is_flipped ? flipped : image.pixels;
  const int width = image.width();
  const std::size_t pixel = source.elemSize();
  const int begin = std::clamp(view.left_px, 0, width);  // Columns from `begin` to `end` are copied without reflection.
  const int end = std::clamp(width + view.left_px, begin, width);
  Image out{cv::Mat(source.size(), source.type()), image.placement};
  for (int y = 0; y < image.height(); ++y) {
    const std::uint8_t* from = source.ptr(reflected(y - view.above_px, image.height()));
    std::uint8_t* to = out.pixels.ptr(y);
    const auto copy = [&](int x, int count) {
      std::memcpy(to + static_cast<std::size_t>(x) * pixel, from + static_cast<std::size_t>(reflected(x - view.left_px, width)) * pixel,
                  static_cast<std::size_t>(count) * pixel);
    };
    for (int x = 0; x < begin; ++x) copy(x, 1);
    if (end > begin) copy(begin, end - begin);
    for (int x = end; x < width; ++x) copy(x, 1);
  }
  if (view.is_flipped) out.placement = out.placement.then({-1, 0, width - 1.0, 0, 1, 0});
  out.placement = out.placement.then({1, 0, static_cast<double>(view.left_px), 0, 1, static_cast<double>(view.above_px)});
  return out;
}

}  // namespace leat
