#pragma once

#include <array>
#include <cstdint>

#include "io/chest/plane.h"

namespace leat::chest {

/// Where the thorax lies in the picture: its own coordinates are (u, v), u to the picture's right, v downwards.
struct Pose {
  float cosine, sine, scale, shift_x, shift_y;

  struct Point {
    float u, v;
  };
  [[nodiscard]] static Pose draw(Random& random);
  [[nodiscard]] Point at(int x, int y) const;
};

/// A healthy thorax before any X-ray machine: intensities of about 0..1, dense is white.
struct Thorax {
  Pose pose;
  Plane intensity;
  Plane body;   ///< 1 inside of the body, 0 outside, soft at the border.
  Plane lungs;  ///< The same of both lungs.

  /// Draws shape from one stream and textures from another.
  [[nodiscard]] static Thorax draw(Random& shape, Random& texture);
};

}  // namespace leat::chest
