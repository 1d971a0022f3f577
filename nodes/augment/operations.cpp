#include "augment/operations.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "image/luma.h"

namespace leat {
namespace {

template <class T, class Curve>
TableOf<T> table_of(Curve curve) {
  TableOf<T> out = Tones<T>::new_table();
  for (int value = 0; value <= Tones<T>::full; ++value) out[static_cast<std::size_t>(value)] = static_cast<T>(curve(value));
  return out;
}

/// Returns from + factor (to - from), clamped to 0..full and truncated to an integer. Single precision, as in Pillow.
template <class T>
T blend(int from, int to, float factor) {
  const float step = factor * static_cast<float>(to - from);
  return static_cast<T>(static_cast<int>(std::clamp(static_cast<float>(from) + step, 0.0F, static_cast<float>(Tones<T>::full))));
}

/// The sum of nine values.
template <class T>
using Sum = std::conditional_t<sizeof(T) == 1, std::uint16_t, std::uint32_t>;

/// Writes `count` sums of three neighbours in a row. `from` has two values more.
template <class T>
void sum_across(const T* from, Sum<T>* to, int count) {
  for (int x = 0; x < count; ++x) to[x] = static_cast<Sum<T>>(from[x] + from[x + 1] + from[x + 2]);
}

/// Applies Pillow's SMOOTH to a row, without its first and last pixel. `sums` belong to the row above, to `row` and to the row below.
template <class T>
void smooth(const T* row, const Sum<T>* const sums[3], T* to, int count) {
  for (int x = 0; x < count; ++x) {
    const auto sum = static_cast<Sum<T>>(sums[0][x] + sums[1][x] + sums[2][x] + 4 * row[x + 1] + 6);
    // Of 8 bit, the product equals sum / 13 for every possible sum (at most 3,321).
    to[x] = static_cast<T>(sizeof(T) == 1 ? static_cast<Sum<T>>(std::uint32_t{sum} * 5042U >> 16) : sum / 13);
  }
}

}  // namespace

template <class T>
TableOf<T> stretching(const HistogramOf<T>& counts) {
  constexpr int full = Tones<T>::full;
  int darkest = 0;
  int brightest = full;
  while (darkest < full && counts[static_cast<std::size_t>(darkest)] == 0) ++darkest;
  while (brightest > 0 && counts[static_cast<std::size_t>(brightest)] == 0) --brightest;
  if (brightest <= darkest) return table_of<T>([](int value) { return value; });
  const double scale = static_cast<double>(full) / (brightest - darkest);
  const double offset = -darkest * scale;
  return table_of<T>([&](int value) { return std::clamp(static_cast<int>(value * scale + offset), 0, full); });
}

template <class T>
TableOf<T> brightening(double factor) {
  return table_of<T>([&](int value) { return blend<T>(0, value, static_cast<float>(factor)); });
}

template <class T>
TableOf<T> contrasting(int mean, double factor) {
  return table_of<T>([&](int value) { return blend<T>(mean, value, static_cast<float>(factor)); });
}

template <class T>
int rounded_mean(const HistogramOf<T>& counts) {
  std::int64_t pixels = 0, sum = 0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    pixels += counts[value];
    sum += counts[value] * static_cast<std::int64_t>(value);
  }
  return static_cast<int>(static_cast<double>(sum) / static_cast<double>(pixels) + 0.5);
}

template <class T>
int rounded_mean_of_luma(const cv::Mat& colours) {
  std::int64_t sum = 0;
  for (int y = 0; y < colours.rows; ++y)
    for (const auto *at = colours.ptr<T>(y), *end = at + colours.cols * 3; at < end; at += 3) sum += luma(at);
  return static_cast<int>(static_cast<double>(sum) / static_cast<double>(colours.total()) + 0.5);
}

template <class T>
TableOf<T> posterizing(int bits) {
  constexpr int all = 8 * static_cast<int>(sizeof(T));
  return table_of<T>([&](int value) { return value & ~((1 << (all - bits)) - 1); });
}

template <class T>
TableOf<T> solarizing(int threshold) {
  const int from = threshold * (Tones<T>::full / 255);
  return table_of<T>([&](int value) { return value < from ? value : Tones<T>::full - value; });
}

template <class T>
cv::Mat sharpness(const cv::Mat& gray, double factor) {
  cv::Mat out = gray.clone();
  const int inner = gray.cols - 2;
  if (inner < 1 || gray.rows < 3) return out;
  const float scale = static_cast<float>(factor);
  cv::Mat sums(gray.rows, inner, sizeof(T) == 1 ? CV_16U : CV_32S);
  for (int y = 0; y < gray.rows; ++y) sum_across<T>(gray.ptr<T>(y), sums.ptr<Sum<T>>(y), inner);
  cv::Mat smoothed(1, inner, gray.type());
  for (int y = 1; y + 1 < gray.rows; ++y) {
    const Sum<T>* const near[3] = {sums.ptr<Sum<T>>(y - 1), sums.ptr<Sum<T>>(y), sums.ptr<Sum<T>>(y + 1)};
    smooth<T>(gray.ptr<T>(y), near, smoothed.ptr<T>(), inner);
    const T* from = smoothed.ptr<T>();
    const T* to = gray.ptr<T>(y) + 1;
    T* blended = out.ptr<T>(y) + 1;
    for (int x = 0; x < inner; ++x) blended[x] = blend<T>(from[x], to[x], scale);
  }
  return out;
}

#define LEAT_FOR_DEPTH(T)                                   \
  template TableOf<T> stretching<T>(const HistogramOf<T>&); \
  template TableOf<T> brightening<T>(double);               \
  template TableOf<T> contrasting<T>(int, double);          \
  template int rounded_mean<T>(const HistogramOf<T>&);      \
  template int rounded_mean_of_luma<T>(const cv::Mat&);     \
  template TableOf<T> posterizing<T>(int);                  \
  template TableOf<T> solarizing<T>(int);                   \
  template cv::Mat sharpness<T>(const cv::Mat&, double);
LEAT_FOR_DEPTH(std::uint8_t)
LEAT_FOR_DEPTH(std::uint16_t)
#undef LEAT_FOR_DEPTH

}  // namespace leat
