#pragma once

#include <array>
#include <cmath>

#include "leat/random.h"

/// The drawn chests: pictures of 64 x 64 numbers, and the curves they are made of.
namespace leat::chest {

inline constexpr int side_px = 64;
inline constexpr float pixel = 2.0f / side_px;  ///< The picture's sides go from -1 to 1.

/// Row by row, from the top.
using Plane = std::array<float, side_px * side_px>;

/// The centre of a column (x) or of a row (y, downwards), in -1..1.
[[nodiscard]] constexpr float centre(int at) { return (static_cast<float>(at) + 0.5f) * pixel - 1; }

[[nodiscard]] constexpr float square(float x) { return x * x; }

[[nodiscard]] constexpr float clipped(float x, float low = 0, float high = 1) { return x < low ? low : x > high ? high : x; }

/// exp(-x) for x >= 0, nothing where it would not move an 8-bit pixel.
[[nodiscard]] inline float bump(float x) { return x < 14 ? std::exp(-x) : 0.0f; }

/// The logistic step: 1 inside, where `distance` is positive.
[[nodiscard]] inline float step(float distance, float softness = 0.025f) {
  const float x = distance / softness;
  return x > 14 ? 1.0f : x < -14 ? 0.0f : 1 / (1 + std::exp(-x));
}

/// 0 below `from`, 1 above `to`, a cubic between.
[[nodiscard]] constexpr float smoothstep(float from, float to, float x) {
  const float t = clipped((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}

[[nodiscard]] inline float uniform(Random& random, double low, double high) { return static_cast<float>(random.uniform(low, high)); }

/// Independent normal numbers, mean 0, deviation 1.
void fill_with_noise(Plane& plane, Random& random);
/// A Gaussian of `sigma` pixels, cut at four sigmas, the border mirrored. Written out because OpenCV's differs between processors.
void blur(Plane& plane, float sigma);
void scale_to_unit_deviation(Plane& plane);
/// Blurred noise of unit deviation.
[[nodiscard]] Plane cloud(Random& random, float sigma);

}  // namespace leat::chest
