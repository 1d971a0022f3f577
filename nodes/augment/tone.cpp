#include "augment/tone.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace leat {
namespace {

constexpr int quantile_bits = 12;
constexpr int quantiles = 1 << quantile_bits;
constexpr int grain = 256;  // Grains per gray level, so that noise below one level has an effect.

/// Returns the quantiles in the middle of 4,096 equally likely parts of the normal distribution, scaled to standard deviation 1. One of
/// them, drawn at random, is a normal number with enough precision for 8 bits.
std::array<float, quantiles> normal_quantiles() {
  std::array<float, quantiles> out{};
  double at = -3.7, squares = 0;
  for (int k = 0; k < quantiles / 2; ++k) {
    const double wanted = (k + 0.5) / quantiles;
    for (int round = 0; round < 8; ++round)
      at += (wanted - 0.5 * std::erfc(-at / std::numbers::sqrt2)) / (std::exp(-at * at / 2) * 0.3989422804014327);
    out[static_cast<std::size_t>(k)] = static_cast<float>(at);
    squares += 2 * at * at;
  }
  const float scale = static_cast<float>(1 / std::sqrt(squares / quantiles));
  for (int k = 0; k < quantiles / 2; ++k) {
    out[static_cast<std::size_t>(k)] *= scale;
    out[static_cast<std::size_t>(quantiles - 1 - k)] = -out[static_cast<std::size_t>(k)];
  }
  return out;
}

/// Returns the new value of each gray level, in grains.
std::array<std::int32_t, 256> curve(const cv::Mat& gray, const Tone& tone) {
  std::array<double, 256> bent{};
  for (std::size_t value = 0; value < bent.size(); ++value) bent[value] = std::pow(static_cast<double>(value) / 255, tone.gamma);
  std::array<std::int64_t, 256> counts{};
  for (int y = 0; y < gray.rows; ++y)
    for (const std::uint8_t *pixel = gray.ptr(y), *end = pixel + gray.cols; pixel < end; ++pixel) ++counts[*pixel];
  double mean = 0, darkest = 1, brightest = 0;
  for (std::size_t value = 0; value < bent.size(); ++value) {
    if (counts[value] == 0) continue;
    mean += bent[value] * static_cast<double>(counts[value]) / static_cast<double>(gray.total());
    darkest = std::min(darkest, bent[value]);
    brightest = std::max(brightest, bent[value]);
  }
  const double span = brightest - darkest;
  const double contrast = span * tone.contrast > 1 ? 1 / span : tone.contrast;
  double base = mean + tone.brightness - mean * contrast;
  base = std::max(std::min(base, 1 - brightest * contrast), -darkest * contrast);
  std::array<std::int32_t, 256> out{};
  for (std::size_t value = 0; value < out.size(); ++value)
    out[value] = static_cast<std::int32_t>(std::lround((base + bent[value] * contrast) * 255 * grain));
  return out;
}

std::uint8_t level(std::int32_t grains) { return static_cast<std::uint8_t>(std::clamp((grains + grain / 2) >> 8, 0, 255)); }

cv::Mat add_noise(const cv::Mat& gray, const std::array<std::int32_t, 256>& curve, double deviation, Random& random) {
  static const std::array<float, quantiles> normal = normal_quantiles();
  std::array<std::int32_t, quantiles> noise;
  const auto scale = static_cast<float>(deviation * 255 * grain);
  for (std::size_t k = 0; k < noise.size(); ++k) noise[k] = static_cast<std::int32_t>(normal[k] * scale);
  cv::Mat out(gray.size(), CV_8U);
  for (int y = 0; y < gray.rows; ++y) {
    const std::uint8_t* from = gray.ptr(y);
    std::uint8_t* to = out.ptr(y);
    int x = 0;
    for (; x + 2 <= gray.cols; x += 2) {
      const std::uint32_t bits = random.bits();
      to[x] = level(curve[from[x]] + noise[bits % quantiles]);
      to[x + 1] = level(curve[from[x + 1]] + noise[bits >> (32 - quantile_bits)]);
    }
    if (x < gray.cols) to[x] = level(curve[from[x]] + noise[random.bits() % quantiles]);
  }
  return out;
}

}  // namespace

cv::Mat change_tone(const cv::Mat& gray, const Tone& tone, Random& random) {
  const auto grains = curve(gray, tone);
  if (tone.noise > 0) return add_noise(gray, grains, tone.noise, random);
  cv::Mat table(1, 256, CV_8U);
  for (int value = 0; value < 256; ++value) table.at<std::uint8_t>(value) = level(grains[static_cast<std::size_t>(value)]);
  cv::Mat out;
  cv::LUT(gray, table, out);
  return out;
}

}  // namespace leat
