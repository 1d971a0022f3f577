#include "write/restore.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace leat {

namespace {

/// The source of one output coordinate: two neighbours and the weight of the second. If `is_inside` is false, it has none.
struct Tap {
  int low = 0;
  int high = 0;
  float weight = 0;
  bool is_inside = false;
};

Tap tap_at(double place, int count) {
  constexpr double rounding = 1e-6;
  Tap tap;
  tap.is_inside = place >= -0.5 - rounding && place <= count - 0.5 + rounding;
  if (!tap.is_inside) return tap;
  const double clamped = std::clamp(place, 0.0, static_cast<double>(count - 1));
  tap.low = static_cast<int>(clamped);
  tap.high = std::min(tap.low + 1, count - 1);
  tap.weight = static_cast<float>(clamped - tap.low);
  return tap;
}

void blend(const cv::Mat& from, const Tap& x, const Tap& y, std::uint8_t* out) {
  const int channels = from.channels();
  const std::uint8_t* upper = from.ptr(y.low);
  const std::uint8_t* lower = from.ptr(y.high);
  for (int c = 0; c < channels; ++c) {
    const float left = upper[x.low * channels + c], right = upper[x.high * channels + c];
    const float lower_left = lower[x.low * channels + c], lower_right = lower[x.high * channels + c];
    const float top = left + (right - left) * x.weight;
    const float bottom = lower_left + (lower_right - lower_left) * x.weight;
    out[c] = static_cast<std::uint8_t>(top + (bottom - top) * y.weight + 0.5f);
  }
}

}  // namespace

cv::Mat sample_affine(const cv::Mat& from, const std::array<double, 6>& map, cv::Size size) {
  const int channels = from.channels();
  cv::Mat out(size, from.type(), cv::Scalar::all(0));
  const bool is_straight = map[1] == 0 && map[3] == 0;
  std::vector<Tap> columns(static_cast<std::size_t>(size.width));
  for (int x = 0; is_straight && x < size.width; ++x) columns[static_cast<std::size_t>(x)] = tap_at(map[0] * x + map[2], from.cols);
  for (int y = 0; y < size.height; ++y) {
    std::uint8_t* row = out.ptr(y);
    const Tap straight_row = tap_at(map[4] * y + map[5], from.rows);
    for (int x = 0; x < size.width; ++x) {
      const Tap across = is_straight ? columns[static_cast<std::size_t>(x)] : tap_at(map[0] * x + map[1] * y + map[2], from.cols);
      const Tap down = is_straight ? straight_row : tap_at(map[3] * x + map[4] * y + map[5], from.rows);
      if (across.is_inside && down.is_inside) blend(from, across, down, row + x * channels);
    }
  }
  return out;
}

cv::Mat restore(const Image& image) {
  const Placement& placement = image.placement;
  // A drawn image has no file, so it is its own source.
  if (placement.source_width == 0 || placement.source_height == 0) return image.pixels;
  return sample_affine(image.pixels, placement.map, {placement.source_width, placement.source_height});
}

std::array<double, 6> after(const std::array<double, 6>& first, const std::array<double, 6>& second) {
  return Placement{first, 0, 0}.then(second).map;
}

}  // namespace leat
