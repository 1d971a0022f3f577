#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace leat {

/// What depends on the depth of an image: the number of pixels of each value, and a table with a new value for each value. T: the type of a
/// value. Floats have neither, because they have no range.
template <class T>
struct Tones {};
template <>
struct Tones<std::uint8_t> {
  static constexpr int full = 255;
  using Histogram = std::array<std::int64_t, 256>;
  using Table = std::array<std::uint8_t, 256>;
  [[nodiscard]] static Histogram no_pixels() { return {}; }
  [[nodiscard]] static Table new_table() { return {}; }
};
template <>
struct Tones<std::uint16_t> {
  static constexpr int full = 65535;
  using Histogram = std::vector<std::int64_t>;
  using Table = std::vector<std::uint16_t>;
  [[nodiscard]] static Histogram no_pixels() { return Histogram(65536); }
  [[nodiscard]] static Table new_table() { return Table(65536); }
};

template <class T>
using HistogramOf = typename Tones<T>::Histogram;
template <class T>
using TableOf = typename Tones<T>::Table;
using Histogram = HistogramOf<std::uint8_t>;
using GrayTable = TableOf<std::uint8_t>;

/// Returns the histogram of an image of one channel.
template <class T = std::uint8_t>
[[nodiscard]] HistogramOf<T> histogram(const cv::Mat& gray);
template <>
Histogram histogram<std::uint8_t>(const cv::Mat& gray);
template <>
HistogramOf<std::uint16_t> histogram<std::uint16_t>(const cv::Mat& gray);
template <class T = std::uint8_t>
[[nodiscard]] cv::Mat look_up(const cv::Mat& gray, const TableOf<T>& table);

/// Returns the table that makes the distribution of values nearly uniform. 8 bit: equal to Pillow's ImageOps.equalize. 16 bit: the same
/// with exact fractions, because Pillow's whole number of pixels per value would be 0 in an image of fewer than 65,535 pixels.
template <class T = std::uint8_t>
[[nodiscard]] TableOf<T> equalizing(const HistogramOf<T>& counts);

/// Returns an 8-bit or 16-bit image with each channel equalized by itself. Throws std::runtime_error for floats.
[[nodiscard]] cv::Mat equalized_channels(const cv::Mat& picture);

}  // namespace leat
