#include "io/chest/plane.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace leat::chest {

void fill_with_noise(Plane& plane, Random& random) {
  for (std::size_t at = 0; at < plane.size(); at += 2) {
    const auto first = static_cast<float>(1 - random.uniform());
    const auto turn = static_cast<float>(6.283185307179586 * random.uniform());
    const float radius = std::sqrt(-2 * std::log(first));
    plane[at] = radius * std::cos(turn);
    plane[at + 1] = radius * std::sin(turn);
  }
}

namespace {

std::vector<float> gaussian(float sigma, int radius) {
  std::vector<float> weights(static_cast<std::size_t>(2 * radius + 1));
  float sum = 0;
  for (int at = -radius; at <= radius; ++at) {
    const float weight = std::exp(-0.5f * square(static_cast<float>(at) / sigma));
    weights[static_cast<std::size_t>(at + radius)] = weight;
    sum += weight;
  }
  for (float& weight : weights) weight /= sum;
  return weights;
}

int mirrored(int at) { return at < 0 ? -1 - at : at >= side_px ? 2 * side_px - 1 - at : at; }

}  // namespace

void blur(Plane& plane, float sigma) {
  const int radius = std::min(side_px, static_cast<int>(4 * sigma + 0.5f));
  const std::vector<float> weights = gaussian(sigma, radius);
  Plane down{};
  for (int y = 0; y < side_px; ++y) {
    for (int at = -radius; at <= radius; ++at) {
      const float weight = weights[static_cast<std::size_t>(at + radius)];
      const float* from = plane.data() + mirrored(y + at) * side_px;
      float* to = down.data() + y * side_px;
      for (int x = 0; x < side_px; ++x) to[x] += weight * from[x];
    }
  }
  std::array<float, 3 * side_px> wide{};
  for (int y = 0; y < side_px; ++y) {
    const float* from = down.data() + y * side_px;
    for (int at = -radius; at < side_px + radius; ++at) wide[static_cast<std::size_t>(at + radius)] = from[mirrored(at)];
    float* to = plane.data() + y * side_px;
    for (int x = 0; x < side_px; ++x) to[x] = 0;
    for (int at = 0; at <= 2 * radius; ++at) {
      const float weight = weights[static_cast<std::size_t>(at)];
      for (int x = 0; x < side_px; ++x) to[x] += weight * wide[static_cast<std::size_t>(x + at)];
    }
  }
}

void scale_to_unit_deviation(Plane& plane) {
  double sum = 0;
  double squares = 0;
  for (const float value : plane) {
    sum += value;
    squares += double{value} * value;
  }
  const double count = static_cast<double>(plane.size());
  const double mean = sum / count;
  const auto scale = static_cast<float>(1 / std::sqrt(squares / count - mean * mean));
  for (float& value : plane) value *= scale;
}

Plane cloud(Random& random, float sigma) {
  Plane plane;
  fill_with_noise(plane, random);
  blur(plane, sigma);
  scale_to_unit_deviation(plane);
  return plane;
}

}  // namespace leat::chest
