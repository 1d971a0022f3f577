#include "io/cells/draw_cells.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "io/chest/plane.h"
#include "leat/random.h"

namespace leat {

namespace {

using chest::centre;
using chest::clipped;
using chest::cloud;
using chest::Plane;
using chest::side_px;
using chest::square;
using chest::step;
using chest::uniform;

/// Absorption of red, green and blue by haematoxylin and eosin (Ruifrok and Johnston, Anal. Quant. Cytol. Histol. 23, 2001).
constexpr std::array<float, 3> haematoxylin{0.65f, 0.70f, 0.29f}, eosin{0.07f, 0.99f, 0.11f};

struct Nucleus {
  float x, y;
  float long_axis, short_axis;
  float cosine, sine;
  float stain;
};

/// Returns how far a point is inside of a nucleus, in units of the picture; negative: outside.
float inside(const Nucleus& nucleus, float x, float y) {
  const float across = (x - nucleus.x) * nucleus.cosine + (y - nucleus.y) * nucleus.sine;
  const float along = (y - nucleus.y) * nucleus.cosine - (x - nucleus.x) * nucleus.sine;
  const float radius = std::sqrt(square(across / nucleus.long_axis) + square(along / nucleus.short_axis));
  return (1 - radius) * nucleus.short_axis;
}

Nucleus drawn_nucleus(Random& random, bool is_irregular) {
  Nucleus out{};
  out.x = uniform(random, -0.95, 0.95);
  out.y = uniform(random, -0.95, 0.95);
  const float radius = is_irregular ? uniform(random, 0.06, 0.2) : uniform(random, 0.125, 0.15);
  const float ratio = is_irregular ? uniform(random, 0.5, 1) : uniform(random, 0.85, 1);
  out.long_axis = radius / std::sqrt(ratio);
  out.short_axis = radius * std::sqrt(ratio);
  const float angle = uniform(random, 0, 3.14159265);
  out.cosine = std::cos(angle);
  out.sine = std::sin(angle);
  out.stain = uniform(random, 0.8, 1.3);
  return out;
}

/// Returns true if two nuclei touch.
bool touches(const Nucleus& one, const Nucleus& other) {
  return square(one.x - other.x) + square(one.y - other.y) < square(0.9f * (one.long_axis + other.long_axis));
}

}  // namespace

DrawnCells draw_cells(std::uint64_t seed, std::string_view split, std::int64_t index, bool is_irregular) {
  Random random(RandomKey{RandomKey::of(seed, "io.cells", std::string(split)), 0, static_cast<std::uint32_t>(index), 0});
  const Plane tissue = cloud(random, 5), grain = cloud(random, 1);
  std::vector<Nucleus> nuclei;
  const std::int64_t wanted = random.between(9, 15);
  for (int tries = 0; std::ssize(nuclei) < wanted && tries < 400; ++tries) {
    const Nucleus one = drawn_nucleus(random, is_irregular);
    if (std::none_of(nuclei.begin(), nuclei.end(), [&one](const Nucleus& other) { return touches(one, other); })) nuclei.push_back(one);
  }
  // How strongly a picture is stained differs from laboratory to laboratory.
  const float blue_stain = uniform(random, 0.7, 1.3), pink_stain = uniform(random, 0.35, 0.75), light = uniform(random, 0.9, 1);
  DrawnCells out;
  out.image.create(side_px, side_px, CV_8UC3);
  out.mask = cv::Mat::zeros(side_px, side_px, CV_8U);
  out.label = is_irregular ? 1 : 0;
  for (int y = 0; y < side_px; ++y)
    for (int x = 0; x < side_px; ++x) {
      const auto at = static_cast<std::size_t>(y * side_px + x);
      float blue = 0.04f, deepest = -1;
      for (const Nucleus& one : nuclei) {
        const float depth = inside(one, centre(x), centre(y));
        deepest = std::max(deepest, depth);
        blue = std::max(blue, one.stain * step(depth) * (0.85f + 0.12f * grain[at]));
      }
      const float pink = clipped(0.8f + 0.25f * tissue[at] + 0.05f * grain[at], 0, 2);
      if (deepest > 0) out.mask.at<std::uint8_t>(y, x) = 255;
      auto& pixel = out.image.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c) {
        const auto channel = static_cast<std::size_t>(c);
        const float density = blue_stain * blue * haematoxylin[channel] + pink_stain * pink * eosin[channel];
        pixel[c] = static_cast<std::uint8_t>(std::lround(255 * clipped(light * std::exp(-density))));
      }
    }
  return out;
}

}  // namespace leat
