#include "augment/drawing.h"

#include <algorithm>
#include <numeric>

#include "augment/operations.h"
#include "augment/warped_rows.h"
#include "image/byte_rows.h"
#include "image/with_channels.h"

namespace leat {

namespace {

/// Consecutive columns of the result that come from consecutive columns of the source, in the same or in the other direction.
struct Stretch {
  int begin, end;
  int from;  ///< The source's column of `begin`; -1: black.
  int step;
};

std::vector<Stretch> stretches_of(const std::vector<int>& places) {
  std::vector<Stretch> out;
  for (int x = 0; x < static_cast<int>(places.size()); ++x) {
    const int from = places[static_cast<std::size_t>(x)];
    if (!out.empty()) {
      Stretch& last = out.back();
      const int length = last.end - last.begin;
      const int step = from - places[static_cast<std::size_t>(x - 1)];
      const bool goes_on = last.from < 0 || from < 0 ? last.from < 0 && from < 0 : length == 1 ? step * step == 1 : step == last.step;
      if (goes_on) {
        last.end = x + 1;
        if (length == 1 && from >= 0) last.step = step;
        continue;
      }
    }
    out.push_back({x, x + 1, from, 1});
  }
  return out;
}

/// `table`: null for floats.
template <class T, class Table>
void copy(const T* from, int step, const Table* table, T* to, int count) {
  if (step < 0) reverse(from + 1, to, count);
  if constexpr (std::integral<T>)
    if (table) return look_up(step < 0 ? to : from, *table, to, count);
  if (step > 0) std::copy_n(from, count, to);
}

}  // namespace

template <class T>
DrawingOf<T>::DrawingOf(const Image& image) : base_(image.pixels), placement_(image.placement) {}

template <class T>
template <class Source>
void DrawingOf<T>::place(Places& places, int count, Source source) {
  Places out(static_cast<std::size_t>(count));
  for (int at = 0; at < count; ++at) {
    const int from = source(at);
    out[static_cast<std::size_t>(at)] = from < 0 || places.empty() ? from : places[static_cast<std::size_t>(from)];
  }
  places = std::move(out);
}

template <class T>
void DrawingOf<T>::add_black() {
  // One value stands for all that is outside.
  if (has_black_ && outside_ != black) draw();
  has_black_ = true;
  outside_ = black;
}

template <class T>
void DrawingOf<T>::crop(const View& view) {
  const int width = size().width, height = size().height;
  if (view.is_flipped) placement_ = placement_.then({-1, 0, width - 1.0, 0, 1, 0});
  placement_ = placement_.then({1, 0, static_cast<double>(view.left_px), 0, 1, static_cast<double>(view.above_px)});
  if (warp_ || !areas_.empty()) draw();
  if (view.is_flipped || view.left_px != 0)
    place(columns_, width, [&](int x) {
      const int from = reflected(x - view.left_px, width);
      return view.is_flipped ? width - 1 - from : from;
    });
  if (view.above_px != 0) place(rows_, height, [&](int y) { return reflected(y - view.above_px, height); });
}

template <class T>
void DrawingOf<T>::shift(int right_px, int down_px, Border border) {
  const int width = size().width, height = size().height;
  placement_ = placement_.then({1, 0, static_cast<double>(right_px), 0, 1, static_cast<double>(down_px)});
  if (right_px == 0 && down_px == 0) return;
  if (warp_ || !areas_.empty()) draw();
  if (border == Border::Black) add_black();
  const auto source = [border](int place, int count) {
    if (border == Border::Reflect) return reflected(place, count);
    return place < 0 || place >= count ? -1 : place;
  };
  if (right_px != 0) place(columns_, width, [&](int x) { return source(x - right_px, width); });
  if (down_px != 0) place(rows_, height, [&](int y) { return source(y - down_px, height); });
}

template <class T>
void DrawingOf<T>::warp(const ToSource& map, Interpolation interpolation, Border border) {
  // A Placement counts from the centre of the first pixel, and maps the source to the result. `map` maps the other way.
  const Placement back{{map[0], map[1], map[2] + 0.5 * (map[0] + map[1]) - 0.5, map[3], map[4], map[5] + 0.5 * (map[3] + map[4]) - 0.5}};
  placement_ = placement_.then(back.inverse());
  // Pixels are looked up before they are mixed.
  const bool mixes = interpolation == Interpolation::Bilinear && !tables_.empty();
  if (warp_ || has_black_ || mixes || !areas_.empty()) draw();
  if (border == Border::Black) add_black();
  warp_ = {map, interpolation, border};
}

template <class T>
void DrawingOf<T>::through(const std::vector<Table>& tables, Values& values) const {
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = tables[k < tables.size() ? k : 0][static_cast<std::size_t>(values[k])];
}

template <class T>
void DrawingOf<T>::look_up(const std::vector<Table>& tables) requires std::integral<T> {
  if (tables_.empty()) {
    tables_ = tables;
  } else {
    if (tables_.size() < tables.size()) tables_.assign(tables.size(), Table(tables_[0]));
    for (std::size_t k = 0; k < tables_.size(); ++k)
      for (T& value : tables_[k]) value = tables[k < tables.size() ? k : 0][value];
  }
  through(tables, outside_);
  for (auto& [area, values] : areas_) through(tables, values);
}

template <class T>
auto DrawingOf<T>::counts() -> std::vector<Counts>
requires std::integral<T> {
  if (warp_ || !columns_.empty() || !rows_.empty() || !areas_.empty()) draw();
  std::vector<cv::Mat> channels{base_};
  if (base_.channels() > 1) cv::split(base_, channels);
  std::vector<Counts> all;
  for (std::size_t k = 0; k < channels.size(); ++k) {
    all.push_back(histogram<T>(channels[k]));
    const Table* table = this->table(static_cast<int>(k));
    if (!table) continue;
    Counts out = Tones<T>::no_pixels();
    for (std::size_t value = 0; value < out.size(); ++value) out[(*table)[value]] += all[k][value];
    all[k] = std::move(out);
  }
  return all;
}

template <class T>
int DrawingOf<T>::mean() requires std::integral<T> {
  if (base_.channels() == 1) return rounded_mean<T>(counts()[0]);
  draw();
  return rounded_mean_of_luma<T>(base_);
}

template <class T>
void DrawingOf<T>::filter(const std::function<cv::Mat(const cv::Mat&)>& change) {
  draw();
  base_ = with_channels(base_, [&change](const cv::Mat& one, int) { return change(one); });
}

template <class T>
void DrawingOf<T>::blacken(const cv::Rect& area) {
  areas_.emplace_back(area & cv::Rect({0, 0}, size()), black);
}

template <class T>
Image DrawingOf<T>::drawn() {
  draw();
  return {base_, placement_};
}

template <class T>
void DrawingOf<T>::draw() {
  const bool is_moved = warp_ || !columns_.empty() || !rows_.empty();
  if (is_moved || !tables_.empty()) base_ = with_channels(base_, [this](const cv::Mat& one, int which) { return channel(one, which); });
  else if (!areas_.empty()) base_ = base_.clone();
  for (const auto& [area, values] : areas_) base_(area).setTo(cv::Scalar(values[0], values[1], values[2]));
  columns_.clear();
  rows_.clear();
  warp_.reset();
  tables_.clear();
  areas_.clear();
  has_black_ = false;
}

template <class T>
auto DrawingOf<T>::table(int channel) const -> const Table* {
  if (tables_.empty()) return nullptr;
  return &tables_[tables_.size() == 1 ? 0 : static_cast<std::size_t>(channel)];
}

template <class T>
cv::Mat DrawingOf<T>::channel(const cv::Mat& source, int which) const {
  cv::Mat out(source.size(), source.type());
  const T outside = outside_[static_cast<std::size_t>(std::min(which, 2))];
  if (warp_) draw_warp(source, table(which), outside, out);
  else draw_crop(source, table(which), outside, out);
  return out;
}

template <class T>
void DrawingOf<T>::draw_crop(const cv::Mat& source, const Table* table, T outside, cv::Mat& out) const {
  Places own;
  if (columns_.empty()) {
    own.resize(static_cast<std::size_t>(source.cols));
    std::iota(own.begin(), own.end(), 0);
  }
  const std::vector<Stretch> stretches = stretches_of(columns_.empty() ? own : columns_);
  for (int y = 0; y < out.rows; ++y) {
    T* to = out.ptr<T>(y);
    const int row = rows_.empty() ? y : rows_[static_cast<std::size_t>(y)];
    if (row < 0) {
      std::fill_n(to, out.cols, outside);
      continue;
    }
    const T* from = source.ptr<T>(row);
    for (const Stretch& one : stretches) {
      if (one.from < 0) std::fill(to + one.begin, to + one.end, outside);
      else copy(from + one.from, one.step, table, to + one.begin, one.end - one.begin);
    }
  }
}

template <class T>
void DrawingOf<T>::draw_warp(const cv::Mat& source, [[maybe_unused]] const Table* table, T outside, cv::Mat& out) const {
  const WarpedRows<T> rows({source, columns_, rows_, warp_->map, warp_->interpolation, warp_->border});
  for (int y = 0; y < out.rows; ++y) {
    T* to = out.ptr<T>(y);
    const auto [begin, end] = rows.write(y, to);
    if constexpr (std::integral<T>)
      if (table) leat::look_up(to + begin, *table, to + begin, end - begin);
    std::fill(to, to + begin, outside);
    std::fill(to + end, to + out.cols, outside);
  }
}

template class DrawingOf<std::uint8_t>;
template class DrawingOf<std::uint16_t>;
template class DrawingOf<float>;

}  // namespace leat
