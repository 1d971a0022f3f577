#include "io/chest/hospital.h"

#include <cstdint>
#include <string_view>

namespace leat::chest {

namespace {

constexpr int glyph_width = 5;
constexpr int glyph_height = 7;
using Glyph = std::array<std::string_view, glyph_height>;
constexpr Glyph letter_l{"#    ", "#    ", "#    ", "#    ", "#    ", "#    ", "#####"};
constexpr Glyph letter_r{"#### ", "#   #", "#   #", "#### ", "# #  ", "#  # ", "#   #"};

float& at(Plane& picture, std::int64_t x, std::int64_t y) { return picture[static_cast<std::size_t>(y * side_px + x)]; }

void write_letter(Plane& picture, const Glyph& glyph, std::int64_t left, std::int64_t top, float value) {
  for (int y = 0; y < glyph_height; ++y)
    for (int x = 0; x < glyph_width; ++x)
      if (glyph[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] == '#') at(picture, left + x, top + y) = value;
}

void add_noise(Plane& picture, float deviation, float sigma, Random& random) {
  Plane noise;
  fill_with_noise(noise, random);
  if (sigma > 0) {
    blur(noise, sigma);
    scale_to_unit_deviation(noise);
  }
  for (std::size_t k = 0; k < picture.size(); ++k) picture[k] += deviation * noise[k];
}

void tilt_and_expose(Plane& picture, Random& random) {
  const float across = uniform(random, -0.04, 0.04);
  const float down = uniform(random, -0.04, 0.04);
  const float gain = uniform(random, 0.9, 1.1);
  const float offset = uniform(random, -0.04, 0.04);
  for (int y = 0; y < side_px; ++y)
    for (int x = 0; x < side_px; ++x) {
      float& value = at(picture, x, y);
      value = clipped((value + across * centre(x) + down * centre(y)) * gain + offset);
    }
}

/// Writes L at the right of the image, which shows the patient's left.
void mark_a(Plane& picture, Random& random) {
  const float value = uniform(random, 0.85, 1);
  const std::int64_t top = random.between(3, 7);
  write_letter(picture, letter_l, side_px - glyph_width - random.between(3, 9), top, value);
}

void mark_b(Plane& picture, Random& random) {
  constexpr int margin = 2;
  const float dark = uniform(random, 0, 0.15);
  const float plate = uniform(random, 0.80, 0.95);
  const std::int64_t top = random.between(4, 8);
  const std::int64_t left = side_px - glyph_width - random.between(47, 53);
  for (std::int64_t y = top - margin; y < top + glyph_height + margin; ++y)
    for (std::int64_t x = left - margin; x < left + glyph_width + margin; ++x) at(picture, x, y) = plate;
  write_letter(picture, letter_r, left, top, dark);
}

/// Adds a different offset to each row, as the scanner of B does.
void add_lines(Plane& picture, Random& random) {
  for (int y = 0; y < side_px; ++y) {
    const auto shift = static_cast<float>(0.02 * random.normal());
    for (int x = 0; x < side_px; ++x) at(picture, x, y) += shift;
  }
}

void collimate(Plane& picture, Random& random) {
  const float half_width = uniform(random, 0.80, 0.98);
  const float half_height = uniform(random, 0.82, 1);
  const double angle = random.normal() * 2.5 * 3.14159265358979 / 180;
  const float outside = uniform(random, 0, 0.08);
  const auto cosine = static_cast<float>(std::cos(angle));
  const auto sine = static_cast<float>(std::sin(angle));
  for (int y = 0; y < side_px; ++y)
    for (int x = 0; x < side_px; ++x) {
      const float along = std::abs(cosine * centre(x) + sine * centre(y));
      const float across = std::abs(cosine * centre(y) - sine * centre(x));
      const float open = step(half_width - along) * step(half_height - across);
      float& value = at(picture, x, y);
      value = value * open + outside * (1 - open);
    }
}

void take_picture_a(Plane& picture, Random& random) {
  const float gamma = uniform(random, 0.85, 1.15);
  for (float& value : picture) value = std::pow(value, gamma);
  blur(picture, uniform(random, 0.35, 0.55));
  if (random.chance(0.7)) mark_a(picture, random);
  add_noise(picture, 0.025f * uniform(random, 0.7, 1.3), 0, random);
}

void take_picture_b(Plane& picture, Random& random) {
  const float middle = uniform(random, 0.38, 0.50);
  const float slope = uniform(random, 4, 6.5);
  const float black = uniform(random, 0.10, 0.22);
  const float range = uniform(random, 0.60, 0.72);
  for (float& value : picture) value = black + range * step(value - middle, 1 / slope);
  blur(picture, uniform(random, 0.7, 1.0));
  if (random.chance(0.7)) mark_b(picture, random);
  add_lines(picture, random);
  add_noise(picture, 0.03f * uniform(random, 0.7, 1.3), 0.6f, random);
  collimate(picture, random);
}

}  // namespace

void take_picture(Plane& picture, Hospital hospital, Random& random) {
  tilt_and_expose(picture, random);
  if (hospital == Hospital::A) take_picture_a(picture, random);
  else take_picture_b(picture, random);
}

}  // namespace leat::chest
