#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "leat/image.h"

namespace leat {

/// The map from a place of the output to one of the source, x = m[0] x' + m[1] y' + m[2], y = m[3] x' + m[4] y' + m[5], where the middle
/// of the first pixel is at .5: what Pillow's Image.transform(AFFINE) and Image.rotate use.
using ToSource = std::array<double, 6>;

enum class Interpolation { Nearest, Bilinear };
/// What lies outside of the source: 0, or the picture reflected at its edge pixels (which are not repeated).
enum class Border { Black, Reflect };

/// Counter-clockwise about the centre, as Image.rotate.
[[nodiscard]] ToSource rotation(cv::Size size, double degrees);
/// Rows move against each other, by `shear` pixels a row, the middle one stays.
[[nodiscard]] ToSource shear_x(cv::Size size, double shear);
/// Columns move against each other, by `shear` pixels a column, the middle one stays.
[[nodiscard]] ToSource shear_y(cv::Size size, double shear);
/// The picture moves left by x and up by y pixels.
[[nodiscard]] ToSource translation(double x, double y);

/// What moves a picture about its centre, in this order.
struct Motion {
  bool is_flipped = false;  ///< Left to right.
  double width_factor = 1;
  double height_factor = 1;
  double rotation_deg = 0;  ///< Counter-clockwise.
  double right_px = 0;
  double down_px = 0;
};
[[nodiscard]] ToSource to_source(const Motion& motion, cv::Size size);

/// Moves a picture of 8-bit channels. With a black border nearest equals Pillow's AFFINE transform, and bilinear is within one grey level
/// of it (Pillow cuts off after the point where this rounds). The reflected border is ours. [any thread]
[[nodiscard]] cv::Mat warp(const cv::Mat& picture, const ToSource& map, Interpolation interpolation, Border border);
/// The same for an image: also updates where it lies in its file.
[[nodiscard]] Image warp(const Image& image, const ToSource& map, Interpolation interpolation, Border border);

/// The index that stands at `place` when 0..count-1 is reflected at its ends without repeating them.
[[nodiscard]] int reflected(int place, int count);

}  // namespace leat
