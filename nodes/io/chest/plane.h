#pragma once

#include <array>
#include <cmath>

#include "leat/random.h"

/// Drawn chests: planes of 64 x 64 numbers, and the curves that they consist of.
namespace leat::chest {

inline constexpr int side_px = 64;
inline constexpr float pixel = 2.0f / side_px;  ///< Side of a pixel; the image reaches from -1 to 1.

/// Pixels row by row, from the top.
using Plane = std::array<float, side_px * side_px>;

/// Returns the centre of a column (x) or of a row (y, downwards), in -1..1.
[[nodiscard]] constexpr float centre(int at) { return (static_cast<float>(at) + 0.5f) * pixel - 1; }

[[nodiscard]] constexpr float square(float x) { return x * x; }

[[nodiscard]] constexpr float clipped(float x, float low = 0, float high = 1) { return x < low ? low : x > high ? high : x; }

/// Returns exp(-x) for x >= 0, or 0 if that would not change an 8-bit pixel.
[[nodiscard]] inline float bump(float x) { return x < 14 ? std::exp(-x) : 0.0f; }

/// Returns a logistic step: towards 1 if `distance` is positive (inside), towards 0 if it is negative.
[[nodiscard]] inline float step(float distance, float softness = 0.025f) {
  const float x = distance / softness;
  return x > 14 ? 1.0f : x < -14 ? 0.0f : 1 / (1 + std::exp(-x));
}

/// Returns 0 below `from`, 1 above `to`, and a cubic between.
[[nodiscard]] constexpr float smoothstep(float from, float to, float x) {
  const float t = clipped((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}

[[nodiscard]] inline float uniform(Random& random, double low, double high) { return static_cast<float>(random.uniform(low, high)); }

/// Fills the plane with independent normal numbers of mean 0 and deviation 1.
void fill_with_noise(Plane& plane, Random& random);
/// Applies a Gaussian blur of `sigma` pixels, truncated at four sigmas, with mirrored borders. Does not use OpenCV's, which differs between
/// processors.
void blur(Plane& plane, float sigma);
void scale_to_unit_deviation(Plane& plane);
/// Returns blurred noise of unit deviation.
[[nodiscard]] Plane cloud(Random& random, float sigma);

}  // namespace leat::chest
