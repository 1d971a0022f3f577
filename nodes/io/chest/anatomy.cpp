#include "io/chest/anatomy.h"

#include <algorithm>

namespace leat::chest {

Pose Pose::draw(Random& random) {
  const double angle = random.normal() * 4 * 3.14159265358979 / 180;
  const float scale = uniform(random, 0.76, 1.02);
  const auto shift_x = static_cast<float>(0.07 * random.normal());
  const auto shift_y = static_cast<float>(0.07 * random.normal());
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)), scale, shift_x, shift_y};
}

Pose::Point Pose::at(int x, int y) const {
  const float right = centre(x) - shift_x;
  const float down = centre(y) - shift_y;
  return {(cosine * right + sine * down) / scale, (cosine * down - sine * right) / scale};
}

namespace {

// Each part draws its numbers in separate statements or braced lists. C++ does not define the evaluation order of function arguments.

struct Body {
  float width, middle, belly;

  static Body draw(Random& random) { return {uniform(random, 0.86, 1), uniform(random, 0.04, 0.12), uniform(random, 0.05, 0.16)}; }
  float inside(float a, float v) const {
    const float neck = 0.26f + (width - 0.26f) * smoothstep(-1.02f, -0.66f, v);
    return step(neck - 0.06f * smoothstep(-0.3f, 0.5f, v) - a, 0.03f);
  }
  float brightness(float u, float v) const { return 0.5f + middle * (1 - square(u / width)) + belly * smoothstep(0.3f, 0.9f, v); }
};

/// Values that both lungs share. The heart presses mainly into the lung on `heart_side`.
struct Mediastinum {
  float top, width, heart_side, heart_width, heart_v;

  static Mediastinum draw(Random& random) {
    const float top = uniform(random, -0.78, -0.64);
    const float width = uniform(random, 0.50, 0.64);
    const float heart_side = random.chance(0.02) ? -1.0f : 1.0f;
    return {top, width, heart_side, uniform(random, 0.16, 0.30), uniform(random, 0.22, 0.36)};
  }
};

struct Lung {
  float side, top, base, width, inset, shoulder, floor_bow, heart_dent, heart_v;

  static Lung draw(Random& random, const Mediastinum& shared, float side) {
    const bool has_heart = side == shared.heart_side;
    const float base = uniform(random, 0.46, 0.68) - (has_heart ? 0 : 0.05f);
    const float width = shared.width * uniform(random, 0.92, 1.08);
    const float inset = uniform(random, 0.10, 0.15);
    const float shoulder = uniform(random, 0.55, 0.8);
    const float floor_bow = uniform(random, 0.08, 0.2);
    return {side, shared.top, base, width, inset, shoulder, floor_bow, (has_heart ? 1.0f : 0.35f) * shared.heart_width, shared.heart_v};
  }
  float inside(float u, float v) const {
    const float away = side * u;
    const float t = clipped((v - top) / (base - top));
    const float outer = inset + width * std::sqrt(1 - square(1 - std::min(t / shoulder, 1.0f))) * (1 + 0.1f * (t - 0.5f));
    const float inner = inset + heart_dent * bump(square((v - heart_v) / 0.26f)) + 0.05f * (1 - t) * square(1 - t);
    const float floor = base - floor_bow * (1 - square((away - inset - width / 2) / (width / 2)));
    return step(outer - away) * step(away - inner) * step(floor - v) * step(v - top, 0.015f);
  }
};

/// Darkening of the image by the air in the lungs. It varies from left to right and from top to bottom.
struct Air {
  float depth, tilt, fade;

  static Air draw(Random& random) { return {uniform(random, 0.24, 0.36), uniform(random, -0.35, 0.35), uniform(random, -0.1, 0.25)}; }
  float darkness(float u, float v) const { return depth * (1 + (u < 0 ? -tilt : tilt)) * (1 - fade * smoothstep(-0.5f, 0.6f, v)); }
};

struct Hilum {
  float amplitude, u, v;

  static Hilum draw(Random& random, float side) {
    const float amplitude = uniform(random, 0.03, 0.08);
    const float u = side * uniform(random, 0.20, 0.27);
    return {amplitude, u, uniform(random, -0.12, 0.02)};
  }
  float at(float u_, float v_) const { return amplitude * bump(square((u_ - u) / 0.09f) + square((v_ - v) / 0.15f)); }
};

/// Heart, spine, hila and breast shadows.
struct SoftTissue {
  float heart, heart_u, heart_width, heart_v;
  float spine, vertebrae;
  std::array<Hilum, 2> hila;
  float breast, breast_v;

  static SoftTissue draw(Random& random, const Mediastinum& shared) {
    const float heart = uniform(random, 0.05, 0.13);
    const float spine = uniform(random, 0.03, 0.08);
    const float vertebrae = uniform(random, 24, 30);
    const std::array<Hilum, 2> hila{Hilum::draw(random, -1), Hilum::draw(random, 1)};
    const float breast = uniform(random, 0, 0.10);
    const float breast_v = uniform(random, 0.15, 0.45);
    return {heart, 0.12f * shared.heart_side, shared.heart_width, shared.heart_v, spine, vertebrae, hila, breast, breast_v};
  }
  float at(float u, float v, float body, float lungs) const {
    const float a = std::abs(u);
    const float to_heart = square((u - heart_u) / (heart_width + 0.14f)) + square((v - heart_v) / 0.32f);
    const float to_breast = square((a - 0.45f) / 0.32f) + square((v - breast_v) / 0.25f);
    return heart * bump(square(to_heart)) * (1 - 0.7f * lungs) + spine * step(0.07f - a) * (1 + 0.4f * std::sin(v * vertebrae)) * body +
           hila[0].at(u, v) + hila[1].at(u, v) + breast * body * bump(square(to_breast));
  }
};

struct Bones {
  float reach, rib, rib_gap, rib_top, rib_bow, rib_thickness;
  float clavicle_v, clavicle_slope, clavicle;

  static Bones draw(Random& random, const Mediastinum& shared) {
    const auto count = static_cast<float>(random.between(7, 9));
    return {shared.width + 0.24f,          uniform(random, 0.02, 0.07), 1.45f / count,
            uniform(random, -0.72, -0.62), uniform(random, 0.25, 0.55), uniform(random, 0.018, 0.028),
            uniform(random, -0.70, -0.60), uniform(random, 0.1, 0.3),   uniform(random, 0.06, 0.13)};
  }
  float at(float u, float v, float body) const {
    const float a = std::abs(u);
    const float from_clavicle = v - clavicle_v + clavicle_slope * (a - 0.1f);
    float sum = clavicle * bump(square(from_clavicle / 0.03f)) * step(a - 0.1f) * step(0.75f - a) * body;
    const float phase = (v - rib_top - rib_bow * square(a - 0.1f) * smoothstep(0, 0.8f, a)) / rib_gap;
    if (phase > -0.4f && v < 0.75f)
      sum += rib * body * bump(square((phase - std::round(phase)) * rib_gap / rib_thickness)) * step(reach - a) * step(a - 0.08f);
    return sum;
  }
};

}  // namespace

Thorax Thorax::draw(Random& shape, Random& texture) {
  Thorax out;
  out.pose = Pose::draw(shape);
  const Body body = Body::draw(shape);
  const Mediastinum shared = Mediastinum::draw(shape);
  const Lung left = Lung::draw(shape, shared, -1);
  const Lung right = Lung::draw(shape, shared, 1);
  const Air air = Air::draw(shape);
  const SoftTissue tissue = SoftTissue::draw(shape, shared);
  const Bones bones = Bones::draw(shape, shared);
  const Plane flesh = cloud(texture, 4);
  const Plane vessels = cloud(texture, 1.3f);
  for (int y = 0; y < side_px; ++y) {
    for (int x = 0; x < side_px; ++x) {
      const auto at = static_cast<std::size_t>(y * side_px + x);
      const auto [u, v] = out.pose.at(x, y);
      const float in_body = body.inside(std::abs(u), v);
      const float in_lungs = std::max(left.inside(u, v), right.inside(u, v));
      out.body[at] = in_body;
      out.lungs[at] = in_lungs;
      out.intensity[at] = in_body * (body.brightness(u, v) + 0.02f * flesh[at] - in_lungs * air.darkness(u, v)) +
                          tissue.at(u, v, in_body, in_lungs) + 0.02f * vessels[at] * in_lungs + bones.at(u, v, in_body);
    }
  }
  return out;
}

}  // namespace leat::chest
