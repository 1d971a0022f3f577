#include "augment/warp.h"

#include <cmath>
#include <numbers>

namespace leat {
namespace {

ToSource about_centre(double a, double b, double c, double d, cv::Size size) {
  const double x = size.width / 2.0, y = size.height / 2.0;
  return {a, b, x - a * x - b * y, c, d, y - c * x - d * y};
}

}  // namespace

ToSource rotation(cv::Size size, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  return about_centre(std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle), size);
}

ToSource shear_x(cv::Size size, double shear) { return about_centre(1, shear, 0, 1, size); }
ToSource shear_y(cv::Size size, double shear) { return about_centre(1, 0, shear, 1, size); }
ToSource translation(double x, double y) { return {1, 0, x, 0, 1, y}; }

ToSource to_source(const Motion& motion, cv::Size size) {
  const double angle = motion.rotation_deg * std::numbers::pi / 180;
  const double x_scale = (motion.is_flipped ? -1 : 1) / motion.width_factor;
  const double y_scale = 1 / motion.height_factor;
  const double along = std::cos(angle), across = std::sin(angle);
  ToSource out = about_centre(x_scale * along, -x_scale * across, y_scale * across, y_scale * along, size);
  out[2] -= out[0] * motion.right_px + out[1] * motion.down_px;
  out[5] -= out[3] * motion.right_px + out[4] * motion.down_px;
  return out;
}

int reflected(int place, int count) {
  if (count == 1) return 0;
  const int period = 2 * (count - 1);
  const int within = ((place % period) + period) % period;
  return within < count ? within : period - within;
}

}  // namespace leat
