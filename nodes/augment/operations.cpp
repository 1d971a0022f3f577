#include "augment/operations.h"

#include <algorithm>
#include <cstdint>

namespace leat {
namespace {

template <class Curve>
GrayTable table_of(Curve curve) {
  GrayTable out;
  for (int value = 0; value < 256; ++value) out[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(curve(value));
  return out;
}

/// Returns from + factor (to - from), clamped to 0..255 and truncated to an integer. Single precision, as in Pillow.
std::uint8_t blend(int from, int to, float factor) {
  const float step = factor * static_cast<float>(to - from);
  return static_cast<std::uint8_t>(static_cast<int>(std::clamp(static_cast<float>(from) + step, 0.0F, 255.0F)));
}

/// Writes `count` sums of three neighbours in a row. `from` has two values more.
void sum_across(const std::uint8_t* from, std::uint16_t* to, int count) {
  for (int x = 0; x < count; ++x) to[x] = static_cast<std::uint16_t>(from[x] + from[x + 1] + from[x + 2]);
}

/// Applies Pillow's SMOOTH to a row, without its first and last pixel. `sums` belong to the row above, to `row` and to the row below.
void smooth(const std::uint8_t* row, const std::uint16_t* const sums[3], std::uint8_t* to, int count) {
  for (int x = 0; x < count; ++x) {
    const auto sum = static_cast<std::uint16_t>(sums[0][x] + sums[1][x] + sums[2][x] + 4 * row[x + 1] + 6);
    const auto thirteenth =
        static_cast<std::uint16_t>(std::uint32_t{sum} * 5042U >> 16);  // Equals sum / 13 for every possible sum (at most 3,321).
    to[x] = static_cast<std::uint8_t>(thirteenth);
  }
}

}  // namespace

GrayTable stretching(const Histogram& counts) {
  int darkest = 0;
  int brightest = 255;
  while (darkest < 255 && counts[static_cast<std::size_t>(darkest)] == 0) ++darkest;
  while (brightest > 0 && counts[static_cast<std::size_t>(brightest)] == 0) --brightest;
  if (brightest <= darkest) return table_of([](int value) { return value; });
  const double scale = 255.0 / (brightest - darkest);
  const double offset = -darkest * scale;
  return table_of([&](int value) { return std::clamp(static_cast<int>(value * scale + offset), 0, 255); });
}

GrayTable brightening(double factor) {
  return table_of([&](int value) { return blend(0, value, static_cast<float>(factor)); });
}

GrayTable contrasting(const Histogram& counts, double factor) {
  std::int64_t pixels = 0, sum = 0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    pixels += counts[value];
    sum += counts[value] * static_cast<std::int64_t>(value);
  }
  const int mean = static_cast<int>(static_cast<double>(sum) / static_cast<double>(pixels) + 0.5);
  return table_of([&](int value) { return blend(mean, value, static_cast<float>(factor)); });
}

GrayTable posterizing(int bits) {
  return table_of([&](int value) { return value & ~((1 << (8 - bits)) - 1); });
}

GrayTable solarizing(int threshold) {
  return table_of([&](int value) { return value < threshold ? value : 255 - value; });
}

cv::Mat sharpness(const cv::Mat& gray, double factor) {
  cv::Mat out = gray.clone();
  const int inner = gray.cols - 2;
  if (inner < 1 || gray.rows < 3) return out;
  const float scale = static_cast<float>(factor);
  cv::Mat sums(gray.rows, inner, CV_16U);
  for (int y = 0; y < gray.rows; ++y) sum_across(gray.ptr(y), sums.ptr<std::uint16_t>(y), inner);
  cv::Mat smoothed(1, inner, CV_8U);
  for (int y = 1; y + 1 < gray.rows; ++y) {
    const std::uint16_t* const near[3] = {sums.ptr<std::uint16_t>(y - 1), sums.ptr<std::uint16_t>(y), sums.ptr<std::uint16_t>(y + 1)};
    smooth(gray.ptr(y), near, smoothed.ptr(), inner);
    const std::uint8_t* from = smoothed.ptr();
    const std::uint8_t* to = gray.ptr(y) + 1;
    std::uint8_t* blended = out.ptr(y) + 1;
    for (int x = 0; x < inner; ++x) blended[x] = blend(from[x], to[x], scale);
  }
  return out;
}

}  // namespace leat
