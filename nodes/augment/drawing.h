#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "augment/view.h"
#include "augment/warp.h"
#include "image/histogram.h"
#include "leat/image.h"

namespace leat {

/// An image that is not drawn yet: an image, and what is done to it, in this order. Crops, shifts, one warp and tables are drawn together,
/// with the bits of drawing each of them by itself. What needs its neighbours or the distribution of values is drawn before. T: the type of
/// a value, std::uint8_t, std::uint16_t or float. Tables, counts and means are for gray images and colours of 8 or 16 bit; the others take
/// any channels. [one thread]
template <class T>
class DrawingOf {
 public:
  using Table = TableOf<std::conditional_t<std::integral<T>, T, std::uint8_t>>;
  using Counts = HistogramOf<std::conditional_t<std::integral<T>, T, std::uint8_t>>;

  explicit DrawingOf(const Image& image);

  void crop(const View& view);
  /// Moves the image by whole pixels.
  void shift(int right_px, int down_px, Border border);
  void warp(const ToSource& map, Interpolation interpolation, Border border);
  /// Takes one table for all channels, or one for each.
  void look_up(const std::vector<Table>& tables) requires std::integral<T>;
  void look_up(const Table& table) requires std::integral<T> { look_up(std::vector<Table>{table}); }
  /// Returns the numbers of pixels of each value, by channel, after all that was done so far.
  [[nodiscard]] std::vector<Counts> counts() requires std::integral<T>;
  /// Returns the rounded mean of the gray image, or of the luma of the colours, after all that was done so far.
  [[nodiscard]] int mean() requires std::integral<T>;
  /// Changes each channel by itself.
  void filter(const std::function<cv::Mat(const cv::Mat&)>& change);
  /// Makes a rectangle black; it can reach over the edges.
  void blacken(const cv::Rect& area);

  [[nodiscard]] cv::Size size() const { return base_.size(); }
  [[nodiscard]] int channels() const { return base_.channels(); }
  /// Returns the image, which shares its pixels with the source if nothing was done to it.
  [[nodiscard]] Image drawn();

 private:
  struct Warp {
    ToSource map;
    Interpolation interpolation;
    Border border;
  };
  /// A value of each channel. Channels beyond the third have black only.
  using Values = std::array<T, 3>;
  static constexpr Values black{};
  /// The source's index for each column or row; -1: black. Empty: its own.
  using Places = std::vector<int>;

  template <class Source>
  void place(Places& places, int count, Source source);
  void add_black();
  void draw();  ///< Draws what was done so far, and makes it the source.
  void through(const std::vector<Table>& tables, Values& values) const;
  [[nodiscard]] cv::Mat channel(const cv::Mat& source, int which) const;
  [[nodiscard]] const Table* table(int channel) const;
  void draw_crop(const cv::Mat& source, const Table* table, T outside, cv::Mat& out) const;
  void draw_warp(const cv::Mat& source, const Table* table, T outside, cv::Mat& out) const;

  cv::Mat base_;
  Placement placement_;
  Places columns_, rows_;
  std::optional<Warp> warp_;
  std::vector<Table> tables_;  ///< One for all channels, or one for each. Empty: values stay.
  bool has_black_ = false;     ///< Pixels outside of the source are visible.
  Values outside_ = black;     ///< Their value after the tables.
  std::vector<std::pair<cv::Rect, Values>> areas_;
};

using Drawing = DrawingOf<std::uint8_t>;

}  // namespace leat
