#include "augment/warped_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace leat {
namespace {

// Coordinates are integers in units of 2^-32 pixels, so a step along a row is an exact addition.
using Fixed = std::int64_t;
constexpr int fixed_bits = 32;
constexpr Fixed one = Fixed{1} << fixed_bits;
constexpr int full = 1 << weight_bits;

int whole(Fixed place) { return static_cast<int>(place >> fixed_bits); }
Fixed part(Fixed place) { return place & (one - 1); }
int fraction(Fixed place) { return static_cast<int>(place >> (fixed_bits - weight_bits)) & (full - 1); }

/// Returns a value as Fixed. For Nearest it has only 16 fractional bits, as in Pillow, because rounding decides which pixel is nearest.
Fixed fixed(double value, Interpolation interpolation) {
  if (interpolation == Interpolation::Nearest) return static_cast<Fixed>(std::floor(value * 65536 + 0.5)) << (fixed_bits - 16);
  return std::llround(std::ldexp(value, fixed_bits));
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

/// Mixes four neighbours with weights of 1 / full.
template <class T>
T mixed(T left, T right, T lower_left, T lower_right, int right_weight, int lower_weight) {
  if constexpr (std::is_floating_point_v<T>) {
    const float across = static_cast<float>(right_weight) / full, down = static_cast<float>(lower_weight) / full;
    const float above = left + (right - left) * across, below = lower_left + (lower_right - lower_left) * across;
    return above + (below - above) * down;
  } else {
    using Wide = std::conditional_t<sizeof(T) == 1, int, std::int64_t>;
    const Wide above = Wide{left} * (full - right_weight) + Wide{right} * right_weight;
    const Wide below = Wide{lower_left} * (full - right_weight) + Wide{lower_right} * right_weight;
    return static_cast<T>((above * (full - lower_weight) + below * lower_weight + full * full / 2) >> (2 * weight_bits));
  }
}

void skip(Line32& line, int columns) {
  line.x += columns * line.x_step;
  line.y += columns * line.y_step;
}

}  // namespace

template <class T>
typename WarpedRows<T>::Run WarpedRows<T>::run(double across, double down, double shift, Interpolation interpolation) {
  return {fixed(shift + 0.5 * across + 0.5 * down, interpolation), fixed(across, interpolation), fixed(down, interpolation)};
}

template <class T>
WarpedRows<T>::Reach::Reach(const Run& run, cv::Size output, int count, Border border, const std::vector<int>& crop) {
  const int right = output.width - 1, bottom = output.height - 1;
  const auto [least, most] = std::minmax({run.at(0, 0), run.at(right, 0), run.at(0, bottom), run.at(right, bottom)});
  low_ = whole(least) - 1;
  const int high = whole(most) + 2;
  places_.resize(static_cast<std::size_t>(high - low_ + 1));
  for (int place = low_; place <= high; ++place) {
    const int meant = border == Border::Reflect ? reflected(place, count) : std::clamp(place, 0, count - 1);
    places_[static_cast<std::size_t>(place - low_)] = crop.empty() ? meant : crop[static_cast<std::size_t>(meant)];
  }
}

template <class T>
typename WarpedRows<T>::Straight WarpedRows<T>::straight(const std::vector<int>& crop, int count) {
  if (crop.empty()) return {0, count, 0, 1};
  Straight longest;
  for (int begin = 0; begin < count;) {
    int end = begin + 1;
    const int step = end < count ? crop[static_cast<std::size_t>(end)] - crop[static_cast<std::size_t>(begin)] : 1;
    if (step == 1 || step == -1)
      while (end < count && crop[static_cast<std::size_t>(end)] - crop[static_cast<std::size_t>(end - 1)] == step) ++end;
    if (end - begin > longest.end - longest.begin) longest = {begin, end, crop[static_cast<std::size_t>(begin)] - step * begin, step};
    // Where the direction changes, the pixel belongs to both parts.
    begin = end - begin > 1 && end < count ? end - 1 : end;
  }
  return longest;
}

template <class T>
WarpedRows<T>::WarpedRows(const CroppedWarp& warp)
    : picture_(warp.picture),
      stride_(static_cast<std::ptrdiff_t>(warp.picture.step[0] / sizeof(T))),
      is_bilinear_(warp.interpolation == Interpolation::Bilinear),
      border_(warp.border),
      x_(run(warp.map[0], warp.map[1], warp.map[2], warp.interpolation)),
      y_(run(warp.map[3], warp.map[4], warp.map[5], warp.interpolation)),
      columns_(x_, warp.picture.size(), warp.picture.cols, warp.border, warp.columns),
      rows_(y_, warp.picture.size(), warp.picture.rows, warp.border, warp.rows),
      across_(straight(warp.columns, warp.picture.cols)),
      down_(straight(warp.rows, warp.picture.rows)),
      block_(block()) {}

/// Returns the most pixels whose distances from the first one of their block have 32 bits. That is `warp_block`, unless one pixel stands
/// for hundreds, or the picture has gigabytes.
template <class T>
int WarpedRows<T>::block() const {
  const double across = std::abs(std::ldexp(static_cast<double>(x_.a_column), -fixed_bits));
  const double down = std::abs(std::ldexp(static_cast<double>(y_.a_column), -fixed_bits));
  const double bytes = across + 1 + (down + 1) * static_cast<double>(picture_.step[0]);
  const double bits = std::max({bytes, across * 65536, down * 65536});  // Coordinates of Line16 have 16 fractional bits.
  return static_cast<int>(std::clamp(2147483647 / bits - 2, 1.0, static_cast<double>(warp_block)));
}

template <class T>
std::pair<int, int> WarpedRows<T>::write(int row, T* to) const {
  // Moves to the upper left of the four neighbours. Half a weight step is added, so that weights are rounded.
  const Fixed to_corner = is_bilinear_ ? -one / 2 + (one >> (weight_bits + 1)) : 0;
  Columns seen{0, picture_.cols};
  if (border_ == Border::Black) {
    narrow(seen, x_.at(0, row), x_.a_column, picture_.cols * one);
    narrow(seen, y_.at(0, row), y_.a_column, picture_.rows * one);
  }
  Columns inside = seen;
  const auto keep = [&](const Run& run, const Straight& part) {
    narrow(inside, run.at(0, row) + to_corner - part.begin * one, run.a_column, (part.end - part.begin - is_bilinear_) * one);
  };
  keep(x_, across_);
  keep(y_, down_);
  Line32 line{x_.at(seen.begin, row) + to_corner, y_.at(seen.begin, row) + to_corner, x_.a_column, y_.a_column};
  write_border(line, to + seen.begin, to + inside.begin);
  skip(line, inside.begin - seen.begin);
  write_inside(line, to + inside.begin, to + inside.end);
  skip(line, inside.end - inside.begin);
  write_border(line, to + inside.end, to + seen.end);
  return {seen.begin, seen.end};
}

/// Fills a part of a row that can need pixels outside the source. The tables have the pixels to use instead.
template <class T>
void WarpedRows<T>::write_border(const Line32& line, T* to, const T* end) const {
  const T* first = picture_.ptr<T>();
  for (Line32 at = line; to < end; ++to, skip(at, 1)) {
    const int x = whole(at.x), y = whole(at.y);
    const T* upper = first + rows_[y] * stride_;
    if (!is_bilinear_) {
      *to = upper[columns_[x]];
      continue;
    }
    const T* lower = first + rows_[y + 1] * stride_;
    const std::ptrdiff_t left = columns_[x], right = columns_[x + 1];
    *to = mixed(upper[left], upper[right], lower[left], lower[right], fraction(at.x), fraction(at.y));
  }
}

template <class T>
void WarpedRows<T>::write_inside(Line32 line, T* to, const T* end) const {
  static_assert(std::endian::native == std::endian::little, "two neighbours are read as one number");
  const auto row = static_cast<std::int32_t>(stride_ * down_.step);
  const T* first = picture_.ptr<T>() + down_.first * stride_ + across_.first;
  // Of two neighbours, the one at the lower address comes first. In a flipped picture that is the right one.
  [[maybe_unused]] const bool is_flipped = across_.step < 0;
  std::int32_t places[warp_block], right[warp_block], down[warp_block];
  [[maybe_unused]] std::uint16_t upper[warp_block], lower[warp_block];
  for (int count = 0; to < end; to += count, skip(line, count)) {
    count = static_cast<int>(std::min<std::ptrdiff_t>(block_, end - to));
    // Only the distances within a block have 32 bits: a picture can be larger.
    const T* from = first + whole(line.y) * stride_ * down_.step + whole(line.x) * across_.step;
    const Line32 within{part(line.x), part(line.y), line.x_step, line.y_step};
    if (!is_bilinear_) {
      const auto short_of = [](Fixed value) { return static_cast<std::int32_t>(value >> 16); };
      nearest_places({short_of(within.x), short_of(within.y), short_of(within.x_step), short_of(within.y_step)}, across_.step, row, count,
                     places);
      for (int k = 0; k < count; ++k) to[k] = from[places[k]];
      continue;
    }
    bilinear_places(within, across_.step, row, count, places, right, down);
    if constexpr (sizeof(T) == 1) {
      for (int k = 0; k < count; ++k) {
        const T* at = from + places[k] - is_flipped;
        std::memcpy(&upper[k], at, 2);
        std::memcpy(&lower[k], at + row, 2);
      }
      if (is_flipped)
        for (int k = 0; k < count; ++k) right[k] = full - right[k];
      mix(upper, lower, right, down, count, to);
    } else {
      for (int k = 0; k < count; ++k) {
        const T *above = from + places[k], *below = above + row;
        to[k] = mixed(above[0], above[across_.step], below[0], below[across_.step], right[k], down[k]);
      }
    }
  }
}

template class WarpedRows<std::uint8_t>;
template class WarpedRows<std::uint16_t>;
template class WarpedRows<float>;

}  // namespace leat
