#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "augment/view.h"
#include "augment/warp.h"
#include "image/histogram.h"
#include "leat/image.h"

namespace leat {

/// An image that is not drawn yet: an image, and what is done to it, in this order. Crops, shifts, one warp and tables are drawn together,
/// with the bits of drawing each of them by itself. What needs its neighbours or the distribution of values is drawn before. Tables and
/// filters are for gray images; the others take any 8-bit channels. [one thread]
class Drawing {
 public:
  explicit Drawing(const Image& image);

  void crop(const View& view);
  /// Moves the image by whole pixels.
  void shift(int right_px, int down_px, Border border);
  void warp(const ToSource& map, Interpolation interpolation, Border border);
  void look_up(const GrayTable& table);
  /// Returns the numbers of pixels of each value, after all that was done so far.
  [[nodiscard]] Histogram counts();
  void filter(const std::function<cv::Mat(const cv::Mat&)>& change);
  /// Makes a rectangle black; it can reach over the edges.
  void blacken(const cv::Rect& area);

  [[nodiscard]] cv::Size size() const { return base_.size(); }
  /// Returns the image, which shares its pixels with the source if nothing was done to it.
  [[nodiscard]] Image drawn();

 private:
  struct Warp {
    ToSource map;
    Interpolation interpolation;
    Border border;
  };
  /// The source's index for each column or row; -1: black. Empty: its own.
  using Places = std::vector<int>;

  template <class Source>
  void place(Places& places, int count, Source source);
  void add_black();
  void draw();  ///< Draws what was done so far, and makes it the source.
  [[nodiscard]] cv::Mat channel(const cv::Mat& source) const;
  void draw_crop(const cv::Mat& source, cv::Mat& out) const;
  void draw_warp(const cv::Mat& source, cv::Mat& out) const;

  cv::Mat base_;
  Placement placement_;
  Places columns_, rows_;
  std::optional<Warp> warp_;
  std::optional<GrayTable> table_;
  bool has_black_ = false;    ///< Pixels outside of the source are visible.
  std::uint8_t outside_ = 0;  ///< Their value after the tables.
  std::vector<std::pair<cv::Rect, std::uint8_t>> areas_;
};

}  // namespace leat
