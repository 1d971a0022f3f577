#pragma once

#include <array>
#include <cstdint>

#include "io/chest/plane.h"

namespace leat::chest {

/// Position of the thorax in the image. Its own coordinates are (u, v): u to the right of the image, v downwards.
struct Pose {
  float cosine, sine, scale, shift_x, shift_y;

  struct Point {
    float u, v;
  };
  [[nodiscard]] static Pose draw(Random& random);
  [[nodiscard]] Point at(int x, int y) const;
};

/// A healthy thorax, independent of the X-ray machine. Intensities are about 0..1; dense tissue is white.
struct Thorax {
  Pose pose;
  Plane intensity;
  Plane body;   ///< 1 inside the body, 0 outside, with a soft edge.
  Plane lungs;  ///< The same for both lungs.

  /// Draws shape from one stream and textures from another.
  [[nodiscard]] static Thorax draw(Random& shape, Random& texture);
};

}  // namespace leat::chest
