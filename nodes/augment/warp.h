#pragma once

#include <array>
#include <opencv2/core.hpp>

namespace leat {

/// The affine map from an output position to a source position: x = m[0] x' + m[1] y' + m[2], y = m[3] x' + m[4] y' + m[5]. The centre of
/// the first pixel is at 0.5, as in Pillow's Image.transform(AFFINE) and Image.rotate.
using ToSource = std::array<double, 6>;

/// With a black border, Nearest equals Pillow's AFFINE transform. Bilinear is within one gray level of it: Pillow truncates, this rounds.
enum class Interpolation { Nearest, Bilinear };
/// The values outside the source: 0, or the image reflected at its edge pixels, which are not repeated. Pillow has no such border.
enum class Border { Black, Reflect };

/// Returns a counter-clockwise rotation about the centre, as Image.rotate.
[[nodiscard]] ToSource rotation(cv::Size size, double degrees);
/// Returns a map that shifts each row by `shear` pixels against the next one. The middle row stays.
[[nodiscard]] ToSource shear_x(cv::Size size, double shear);
/// Returns a map that shifts each column by `shear` pixels against the next one. The middle column stays.
[[nodiscard]] ToSource shear_y(cv::Size size, double shear);
/// Returns a map that shifts the image left by x pixels and up by y pixels.
[[nodiscard]] ToSource translation(double x, double y);

/// A transformation about the image's centre. Its parts are applied in the order of these members.
struct Motion {
  bool is_flipped = false;  ///< Left to right.
  double width_factor = 1;
  double height_factor = 1;
  double rotation_deg = 0;  ///< Counter-clockwise.
  double right_px = 0;
  double down_px = 0;
};
[[nodiscard]] ToSource to_source(const Motion& motion, cv::Size size);

/// Returns the index at `place` if 0..count-1 is continued by reflection at its ends, without repeating them.
[[nodiscard]] int reflected(int place, int count);

}  // namespace leat
