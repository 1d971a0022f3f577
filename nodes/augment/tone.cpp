#include "augment/tone.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "image/depths.h"
#include "image/histogram.h"

namespace leat {
namespace {

constexpr int quantile_bits = 12;
constexpr int quantiles = 1 << quantile_bits;
constexpr int grain = 256;  // Grains per level, so that noise below one level has an effect.

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

/// Returns the new value of each level that the image has, in grains.
template <class T>
std::vector<std::int32_t> curve(const cv::Mat& gray, const Tone& tone) {
  constexpr int full = Tones<T>::full;
  const HistogramOf<T> counts = histogram<T>(gray);
  std::vector<double> bent(counts.size());
  double mean = 0, darkest = 1, brightest = 0;
  for (std::size_t value = 0; value < bent.size(); ++value) {
    if (counts[value] == 0) continue;
    bent[value] = std::pow(static_cast<double>(value) / full, tone.gamma);
    mean += bent[value] * static_cast<double>(counts[value]) / static_cast<double>(gray.total());
    darkest = std::min(darkest, bent[value]);
    brightest = std::max(brightest, bent[value]);
  }
  const double span = brightest - darkest;
  const double contrast = span * tone.contrast > 1 ? 1 / span : tone.contrast;
  double base = mean + tone.brightness - mean * contrast;
  base = std::max(std::min(base, 1 - brightest * contrast), -darkest * contrast);
  std::vector<std::int32_t> out(bent.size());
  for (std::size_t value = 0; value < out.size(); ++value)
    if (counts[value] > 0) out[value] = static_cast<std::int32_t>(std::lround((base + bent[value] * contrast) * full * grain));
  return out;
}

template <class T>
T level(std::int32_t grains) {
  return static_cast<T>(std::clamp((grains + grain / 2) >> 8, 0, Tones<T>::full));
}

template <class T>
cv::Mat add_noise(const cv::Mat& gray, const std::vector<std::int32_t>& curve, double deviation, Random& random) {
  static const std::array<float, quantiles> normal = normal_quantiles();
  std::array<std::int32_t, quantiles> noise;
  const auto scale = static_cast<float>(deviation * Tones<T>::full * grain);
  for (std::size_t k = 0; k < noise.size(); ++k) noise[k] = static_cast<std::int32_t>(normal[k] * scale);
  cv::Mat out(gray.size(), gray.type());
  for (int y = 0; y < gray.rows; ++y) {
    const T* from = gray.ptr<T>(y);
    T* to = out.ptr<T>(y);
    int x = 0;
    for (; x + 2 <= gray.cols; x += 2) {
      const std::uint32_t bits = random.bits();
      to[x] = level<T>(curve[from[x]] + noise[bits % quantiles]);
      to[x + 1] = level<T>(curve[from[x + 1]] + noise[bits >> (32 - quantile_bits)]);
    }
    if (x < gray.cols) to[x] = level<T>(curve[from[x]] + noise[random.bits() % quantiles]);
  }
  return out;
}

template <class T>
cv::Mat changed(const cv::Mat& gray, const Tone& tone, Random& random) {
  const std::vector<std::int32_t> grains = curve<T>(gray, tone);
  if (tone.noise > 0) return add_noise<T>(gray, grains, tone.noise, random);
  TableOf<T> table = Tones<T>::new_table();
  for (std::size_t value = 0; value < table.size(); ++value) table[value] = level<T>(grains[value]);
  return look_up<T>(gray, table);
}

}  // namespace

cv::Mat change_tone(const cv::Mat& picture, const Tone& tone, Random& random) {
  // The values of all channels count alike, as those of one gray row would.
  const cv::Mat values = picture.reshape(1);
  return of_whole_depth(values, [&](auto value) { return changed<decltype(value)>(values, tone, random); }).reshape(picture.channels());
}

}  // namespace leat
