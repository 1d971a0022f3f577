#include "tensor/odd_values.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace leat {

bool is_dark(const cv::Mat& pixels) {
  constexpr std::uint16_t quarter = 16384;
  std::uint16_t most = 0;
  for (int y = 0; y < pixels.rows && most < quarter; ++y)
    for (const auto *one = pixels.ptr<std::uint16_t>(y), *end = one + pixels.cols * pixels.channels(); one != end; ++one)
      most = std::max(most, *one);
  return most > 0 && most < quarter;
}

bool is_far_off(const cv::Mat& pixels, const Normalization& used) {
  constexpr int side = 32;
  constexpr double far = 10;
  const int down = (pixels.rows + side - 1) / side, right = (pixels.cols + side - 1) / side, channels = pixels.channels();
  double sum = 0, count = 0;
  for (int y = 0; y < pixels.rows; y += down)
    for (int x = 0; x < pixels.cols; x += right)
      for (int k = 0; k < channels; ++k) {
        const double value = pixels.ptr<float>(y)[x * channels + k];
        if (!std::isfinite(value)) continue;
        const auto channel = static_cast<std::size_t>(k);
        sum += std::abs(value - used.mean.of(channel)) / used.deviation.of(channel);
        ++count;
      }
  return sum > far * count;
}

}  // namespace leat
