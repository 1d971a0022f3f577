#include "augment/warp.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace leat {
namespace {

// Coordinates are integers in units of 2^-32 pixels, so a step along a row is an exact addition.
using Fixed = std::int64_t;
constexpr int fixed_bits = 32;
constexpr Fixed one = Fixed{1} << fixed_bits;
constexpr int weight_bits = 11;  // Bits of a bilinear weight: 8 + 11 + 11 bits fit into 32.

int whole(Fixed place) { return static_cast<int>(place >> fixed_bits); }
int fraction(Fixed place) { return static_cast<int>(place >> (fixed_bits - weight_bits)) & ((1 << weight_bits) - 1); }

/// Returns a value as Fixed. For Nearest it has only 16 fractional bits, as in Pillow, because rounding decides which pixel is nearest.
Fixed fixed(double value, Interpolation interpolation) {
  if (interpolation == Interpolation::Nearest) return static_cast<Fixed>(std::floor(value * 65536 + 0.5)) << (fixed_bits - 16);
  return std::llround(std::ldexp(value, fixed_bits));
}

/// One source coordinate as a linear function of the output's column and row.
struct Run {
  Fixed start = 0, a_column = 0, a_row = 0;

  [[nodiscard]] Fixed at(Fixed column, Fixed row) const { return start + column * a_column + row * a_row; }
};

Run run(double across, double down, double shift, Interpolation interpolation) {
  return {fixed(shift + 0.5 * across + 0.5 * down, interpolation), fixed(across, interpolation), fixed(down, interpolation)};
}

struct Columns {
  int begin = 0, end = 0;
};

Fixed divided_up(Fixed value, Fixed by) { return value >= 0 ? (value + by - 1) / by : -(-value / by); }

/// Narrows `columns` to those with 0 <= `from` + column * step < limit.
void narrow(Columns& columns, Fixed from, Fixed step, Fixed limit) {
  Fixed begin = 0, end = columns.end;
  if (step > 0) {
    begin = divided_up(-from, step);
    end = divided_up(limit - from, step);
  } else if (step < 0) {
    begin = divided_up(from - limit + 1, -step);
    end = divided_up(from + 1, -step);
  } else if (from < 0 || from >= limit) {
    end = 0;
  }
  columns.begin = static_cast<int>(std::clamp<Fixed>(begin, columns.begin, columns.end));
  columns.end = static_cast<int>(std::clamp<Fixed>(end, columns.begin, columns.end));
}

/// A table from every integer coordinate that the output can need to the source pixel that is used there.
class Reach {
 public:
  Reach(const Run& run, cv::Size output, int count, Border border) {
    const int right = output.width - 1, bottom = output.height - 1;
    const auto [least, most] = std::minmax({run.at(0, 0), run.at(right, 0), run.at(0, bottom), run.at(right, bottom)});
    low_ = whole(least) - 1;
    const int high = whole(most) + 2;
    places_.resize(static_cast<std::size_t>(high - low_ + 1));
    for (int place = low_; place <= high; ++place) {
      const int meant = border == Border::Reflect ? reflected(place, count) : std::clamp(place, 0, count - 1);
      places_[static_cast<std::size_t>(place - low_)] = meant;
    }
  }
  [[nodiscard]] std::ptrdiff_t operator[](int place) const { return places_[static_cast<std::size_t>(place - low_)]; }

 private:
  int low_ = 0;
  std::vector<int> places_;
};

/// A part of an output row: the source coordinates of its first pixel, their steps per column, and the source.
struct Walk {
  Fixed x, y, x_step, y_step;
  const std::uint8_t* pixels;
  std::ptrdiff_t stride;

  void skip(int columns) {
    x += columns * x_step;
    y += columns * y_step;
  }
};

constexpr int full = 1 << weight_bits;

std::uint8_t mixed(const std::uint8_t* upper, const std::uint8_t* lower, std::ptrdiff_t left, std::ptrdiff_t next, Fixed x, Fixed y) {
  const int right = fraction(x);
  const int down = fraction(y);
  const int above = upper[left] * (full - right) + upper[next] * right;
  const int below = lower[left] * (full - right) + lower[next] * right;
  return static_cast<std::uint8_t>((above * (full - down) + below * down + full * full / 2) >> (2 * weight_bits));
}

/// Fills a part of a row that needs only pixels inside the source.
void walk_inside(Walk walk, Interpolation interpolation, std::uint8_t* to, const std::uint8_t* end) {
  if (interpolation == Interpolation::Bilinear) {
    for (; to < end; ++to, walk.skip(1)) {
      const std::uint8_t* upper = walk.pixels + whole(walk.y) * walk.stride + whole(walk.x);
      *to = mixed(upper, upper + walk.stride, 0, 1, walk.x, walk.y);
    }
  } else if (walk.x_step == one && walk.y_step == 0) {
    std::copy_n(walk.pixels + whole(walk.y) * walk.stride + whole(walk.x), end - to, to);
  } else {
    for (; to < end; ++to, walk.skip(1)) *to = walk.pixels[whole(walk.y) * walk.stride + whole(walk.x)];
  }
}

/// Fills a part of a row that can need pixels outside the source. The tables have the pixels to use instead.
void walk_border(Walk walk, const Reach& columns, const Reach& rows, Interpolation interpolation, std::uint8_t* to,
                 const std::uint8_t* end) {
  for (; to < end; ++to, walk.skip(1)) {
    const int x = whole(walk.x);
    const int y = whole(walk.y);
    const std::uint8_t* upper = walk.pixels + rows[y] * walk.stride;
    if (interpolation == Interpolation::Nearest) *to = upper[columns[x]];
    else *to = mixed(upper, walk.pixels + rows[y + 1] * walk.stride, columns[x], columns[x + 1], walk.x, walk.y);
  }
}

cv::Mat warp_channel(const cv::Mat& picture, const ToSource& map, Interpolation interpolation, Border border) {
  cv::Mat out(picture.size(), CV_8U);
  const Run x = run(map[0], map[1], map[2], interpolation);
  const Run y = run(map[3], map[4], map[5], interpolation);
  const Reach columns(x, out.size(), picture.cols, border);
  const Reach rows(y, out.size(), picture.rows, border);
  const bool is_bilinear = interpolation == Interpolation::Bilinear;
  // Moves to the upper left of the four neighbours. Half a weight step is added, so that weights are rounded.
  const Fixed to_corner = is_bilinear ? -one / 2 + (one >> (weight_bits + 1)) : 0;
  for (int at = 0; at < out.rows; ++at) {
    Columns seen{0, out.cols};
    if (border == Border::Black) {
      narrow(seen, x.at(0, at), x.a_column, picture.cols * one);
      narrow(seen, y.at(0, at), y.a_column, picture.rows * one);
    }
    Columns inside = seen;
    narrow(inside, x.at(0, at) + to_corner, x.a_column, (picture.cols - is_bilinear) * one);
    narrow(inside, y.at(0, at) + to_corner, y.a_column, (picture.rows - is_bilinear) * one);

    std::uint8_t* row = out.ptr(at);
    std::fill(row, row + seen.begin, std::uint8_t{0});
    std::fill(row + seen.end, row + out.cols, std::uint8_t{0});
    Walk walk{x.at(seen.begin, at) + to_corner,
              y.at(seen.begin, at) + to_corner,
              x.a_column,
              y.a_column,
              picture.ptr(),
              static_cast<std::ptrdiff_t>(picture.step[0])};
    walk_border(walk, columns, rows, interpolation, row + seen.begin, row + inside.begin);
    walk.skip(inside.begin - seen.begin);
    walk_inside(walk, interpolation, row + inside.begin, row + inside.end);
    walk.skip(inside.end - inside.begin);
    walk_border(walk, columns, rows, interpolation, row + inside.end, row + seen.end);
  }
  return out;
}

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

cv::Mat warp(const cv::Mat& picture, const ToSource& map, Interpolation interpolation, Border border) {
  if (picture.channels() == 1) return warp_channel(picture, map, interpolation, border);
  std::vector<cv::Mat> channels;
  cv::split(picture, channels);
  for (cv::Mat& channel : channels) channel = warp_channel(channel, map, interpolation, border);
  cv::Mat out;
  cv::merge(channels, out);
  return out;
}

Image warp(const Image& image, const ToSource& map, Interpolation interpolation, Border border) {
  // A Placement counts from the centre of the first pixel, and maps the source to the result. `map` maps the other way.
  const Placement back{{map[0], map[1], map[2] + 0.5 * (map[0] + map[1]) - 0.5, map[3], map[4], map[5] + 0.5 * (map[3] + map[4]) - 0.5}};
  return {warp(image.pixels, map, interpolation, border), image.placement.then(back.inverse())};
}

int reflected(int place, int count) {
  if (count == 1) return 0;
  const int period = 2 * (count - 1);
  const int within = ((place % period) + period) % period;
  return within < count ? within : period - within;
}

}  // namespace leat
