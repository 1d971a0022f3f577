#include "io/chest/opacities.h"

#include <opencv2/imgproc.hpp>
#include <vector>

namespace leat::chest {

namespace {

struct Blob {
  float radius, amplitude, aspect, cosine, sine;

  static Blob draw(Random& random) {
    const float radius = uniform(random, 0.08, 0.19);
    const float amplitude = uniform(random, 0.18, 0.50);
    const float aspect = uniform(random, 0.65, 1.5);
    const double angle = random.uniform(0, 3.14159265358979);
    return {radius, amplitude, aspect, static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  }
  /// Adds the blob around pixel `at`, multiplied by `weight(pixel)`. Its size is relative to the thorax.
  template <class Weight>
  void add(Thorax& thorax, int at, const Plane& texture, Weight weight) const {
    for (int y = 0; y < side_px; ++y) {
      for (int x = 0; x < side_px; ++x) {
        const float dx = static_cast<float>(x - at % side_px) * pixel / thorax.pose.scale;
        const float dy = static_cast<float>(y - at / side_px) * pixel / thorax.pose.scale;
        const float q = square((cosine * dx + sine * dy) / (radius * aspect)) + square((cosine * dy - sine * dx) / radius);
        const float value = bump(q * std::sqrt(q));
        if (value == 0) continue;
        const auto here = static_cast<std::size_t>(y * side_px + x);
        thorax.intensity[here] += amplitude * value * clipped(1 + 0.35f * texture[here], 0.3f, 1.7f) * weight(here);
      }
    }
  }
};

/// Returns the distance of each set pixel to the nearest unset one, in units of the image (its sides have length 2).
Plane depth(const cv::Mat& set) {
  cv::Mat distance;
  cv::distanceTransform(set, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE, CV_32F);
  Plane out;
  for (int at = 0; at < side_px * side_px; ++at) out[static_cast<std::size_t>(at)] = distance.at<float>(at / side_px, at % side_px) * pixel;
  return out;
}

/// Returns a random pixel for which `claim` is true, or -1 if there is none.
template <class Claim>
int any_pixel(Random& random, Claim claim) {
  std::vector<int> pixels;
  for (int at = 0; at < side_px * side_px; ++at)
    if (claim(static_cast<std::size_t>(at))) pixels.push_back(at);
  return pixels.empty() ? -1 : pixels[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(pixels.size())))];
}

void add_blobs(Thorax& thorax, bool is_pneumonia, Random& random) {
  cv::Mat inside(side_px, side_px, CV_8U);
  for (int at = 0; at < side_px * side_px; ++at)
    inside.at<std::uint8_t>(at / side_px, at % side_px) = thorax.lungs[static_cast<std::size_t>(at)] > 0.5f;
  const Plane into_lungs = depth(inside);
  const Plane from_lungs = depth(1 - inside);
  const std::int64_t opacities = random.between(2, 5);
  const std::int64_t distractors = random.between(1, 3);
  for (std::int64_t k = 0; k < opacities + distractors; ++k) {
    const Blob blob = Blob::draw(random);
    const Plane texture = cloud(random, 1.5f);
    if (is_pneumonia && k < opacities) {
      const int at = any_pixel(random, [&](std::size_t here) { return into_lungs[here] > 0.07f; });
      if (at >= 0) blob.add(thorax, at, texture, [&](std::size_t here) { return thorax.lungs[here]; });
    } else {
      const int at = any_pixel(random, [&](std::size_t here) { return thorax.body[here] > 0.5f && from_lungs[here] > 0.8f * blob.radius; });
      if (at >= 0) blob.add(thorax, at, texture, [&](std::size_t here) { return (1 - thorax.lungs[here]) * thorax.body[here]; });
    }
  }
}

void add_tube(Thorax& thorax, Random& random) {
  const float amplitude = uniform(random, 0.08, 0.2);
  const std::array<float, 3> path{uniform(random, -0.5, 0.5), uniform(random, -0.6, 0.6), uniform(random, -0.5, 0.5)};
  const float end = uniform(random, -0.9, 0.1);
  for (int y = 0; y < side_px; ++y) {
    for (int x = 0; x < side_px; ++x) {
      const auto at = static_cast<std::size_t>(y * side_px + x);
      const auto [u, v] = thorax.pose.at(x, y);
      const float off = u - path[0] - path[1] * v - path[2] * v * v;
      thorax.intensity[at] += amplitude * bump(square(off / 0.018f)) * step(v - end) * thorax.body[at];
    }
  }
}

}  // namespace

void add_opacities(Thorax& thorax, bool is_pneumonia, Random& random) {
  add_blobs(thorax, is_pneumonia, random);
  if (random.chance(0.25)) add_tube(thorax, random);
  for (float& value : thorax.intensity) value = clipped(value);
}

}  // namespace leat::chest
