#include "augment/drawing.h"

#include <algorithm>
#include <numeric>

#include "augment/warped_rows.h"
#include "image/byte_rows.h"

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

void copy(const std::uint8_t* from, int step, const GrayTable* table, std::uint8_t* to, int count) {
  if (step < 0) reverse(from + 1, to, count);
  if (table) look_up(step < 0 ? to : from, *table, to, count);
  else if (step > 0) std::copy_n(from, count, to);
}

}  // namespace

Drawing::Drawing(const Image& image) : base_(image.pixels), placement_(image.placement) {}

template <class Source>
void Drawing::place(Places& places, int count, Source source) {
  Places out(static_cast<std::size_t>(count));
  for (int at = 0; at < count; ++at) {
    const int from = source(at);
    out[static_cast<std::size_t>(at)] = from < 0 || places.empty() ? from : places[static_cast<std::size_t>(from)];
  }
  places = std::move(out);
}

void Drawing::add_black() {
  // One value stands for all that is outside.
  if (has_black_ && outside_ != 0) draw();
  has_black_ = true;
  outside_ = 0;
}

void Drawing::crop(const View& view) {
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

void Drawing::shift(int right_px, int down_px, Border border) {
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

void Drawing::warp(const ToSource& map, Interpolation interpolation, Border border) {
  // A Placement counts from the centre of the first pixel, and maps the source to the result. `map` maps the other way.
  const Placement back{{map[0], map[1], map[2] + 0.5 * (map[0] + map[1]) - 0.5, map[3], map[4], map[5] + 0.5 * (map[3] + map[4]) - 0.5}};
  placement_ = placement_.then(back.inverse());
  // Pixels are looked up before they are mixed.
  const bool mixes = interpolation == Interpolation::Bilinear && table_;
  if (warp_ || has_black_ || mixes || !areas_.empty()) draw();
  if (border == Border::Black) add_black();
  warp_ = {map, interpolation, border};
}

void Drawing::look_up(const GrayTable& table) {
  const auto through = [&table](std::uint8_t& value) { value = table[value]; };
  if (table_) std::for_each(table_->begin(), table_->end(), through);
  else table_ = table;
  through(outside_);
  for (auto& [area, value] : areas_) through(value);
}

Histogram Drawing::counts() {
  if (warp_ || !columns_.empty() || !rows_.empty() || !areas_.empty()) draw();
  const Histogram of_base = histogram(base_);
  if (!table_) return of_base;
  Histogram out{};
  for (std::size_t value = 0; value < out.size(); ++value) out[(*table_)[value]] += of_base[value];
  return out;
}

void Drawing::filter(const std::function<cv::Mat(const cv::Mat&)>& change) {
  draw();
  base_ = change(base_);
}

void Drawing::blacken(const cv::Rect& area) { areas_.emplace_back(area & cv::Rect({0, 0}, size()), std::uint8_t{0}); }

Image Drawing::drawn() {
  draw();
  return {base_, placement_};
}

void Drawing::draw() {
  const bool is_moved = warp_ || !columns_.empty() || !rows_.empty();
  if (is_moved || table_) {
    if (base_.channels() == 1) {
      base_ = channel(base_);
    } else {
      std::vector<cv::Mat> channels;
      cv::split(base_, channels);
      for (cv::Mat& one : channels) one = channel(one);
      base_ = cv::Mat();
      cv::merge(channels, base_);
    }
  } else if (!areas_.empty()) {
    base_ = base_.clone();
  }
  for (const auto& [area, value] : areas_) base_(area).setTo(cv::Scalar::all(value));
  columns_.clear();
  rows_.clear();
  warp_.reset();
  table_.reset();
  areas_.clear();
  has_black_ = false;
}

cv::Mat Drawing::channel(const cv::Mat& source) const {
  cv::Mat out(source.size(), CV_8U);
  if (warp_) draw_warp(source, out);
  else draw_crop(source, out);
  return out;
}

void Drawing::draw_crop(const cv::Mat& source, cv::Mat& out) const {
  Places own;
  if (columns_.empty()) {
    own.resize(static_cast<std::size_t>(source.cols));
    std::iota(own.begin(), own.end(), 0);
  }
  const std::vector<Stretch> stretches = stretches_of(columns_.empty() ? own : columns_);
  const GrayTable* table = table_ ? &*table_ : nullptr;
  for (int y = 0; y < out.rows; ++y) {
    std::uint8_t* to = out.ptr(y);
    const int row = rows_.empty() ? y : rows_[static_cast<std::size_t>(y)];
    if (row < 0) {
      std::fill_n(to, out.cols, outside_);
      continue;
    }
    const std::uint8_t* from = source.ptr(row);
    for (const Stretch& one : stretches) {
      if (one.from < 0) std::fill(to + one.begin, to + one.end, outside_);
      else copy(from + one.from, one.step, table, to + one.begin, one.end - one.begin);
    }
  }
}

void Drawing::draw_warp(const cv::Mat& source, cv::Mat& out) const {
  const WarpedRows rows({source, columns_, rows_, warp_->map, warp_->interpolation, warp_->border});
  for (int y = 0; y < out.rows; ++y) {
    std::uint8_t* to = out.ptr(y);
    const auto [begin, end] = rows.write(y, to);
    if (table_) leat::look_up(to + begin, *table_, to + begin, end - begin);
    std::fill(to, to + begin, outside_);
    std::fill(to + end, to + out.cols, outside_);
  }
}

}  // namespace leat
