#include "image/resample.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <type_traits>
#include <vector>

#include "image/depths.h"
#include "image/enlarge.h"

namespace leat {
namespace {

/// For each position on one output axis: the index of the first source pixel, and `count` weights.
struct Taps {
  int count = 0;
  std::vector<int> first;
  std::vector<float> weights;

  [[nodiscard]] const float* at(int place) const { return weights.data() + static_cast<std::size_t>(place) * count; }
};

double weight(Filter filter, double distance) {
  if (filter == Filter::Triangle) return std::max(0.0, 1 - std::abs(distance));
  return distance > -0.5 && distance <= 0.5 ? 1 : 0;
}

Taps taps(int source, int target, Filter filter) {
  const double scale = static_cast<double>(source) / target;
  const double stretch = std::max(scale, 1.0);
  const double reach = stretch * (filter == Filter::Triangle ? 1.0 : 0.5);
  Taps out;
  out.count = std::min(source, static_cast<int>(std::ceil(2 * reach)));
  out.first.resize(static_cast<std::size_t>(target));
  out.weights.resize(static_cast<std::size_t>(target) * out.count);
  for (int place = 0; place < target; ++place) {
    const double centre = (place + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(centre - reach + 0.5));
    const int end = std::min({source, begin + out.count, static_cast<int>(centre + reach + 0.5)});
    // Near the far edge, taps of weight 0 come first, so that all positions have the same number of taps.
    const int first = std::min(begin, source - out.count);
    float* row = out.weights.data() + static_cast<std::size_t>(place) * out.count;
    double sum = 0;
    for (int k = begin; k < end; ++k) sum += weight(filter, (k + 0.5 - centre) / stretch);
    for (int k = begin; k < end; ++k) row[k - first] = static_cast<float>(weight(filter, (k + 0.5 - centre) / stretch) / sum);
    out.first[static_cast<std::size_t>(place)] = first;
  }
  return out;
}

/// Adds rows of values, weighted. `count` of them, from `first` on.
template <class T>
void add_rows(const cv::Mat& picture, int first, const float* weights, int count, float* sums, int length) {
  std::fill(sums, sums + length, 0.0F);
  for (int k = 0; k < count; ++k) {
    const float weight = weights[k];
    if (weight == 0) continue;
    const T* from = picture.ptr<T>(first + k);
    for (int x = 0; x < length; ++x) sums[x] += weight * static_cast<float>(from[x]);
  }
}

/// Resamples one row with `channels` values per pixel, and rounds to whole numbers if the values are such.
template <class T>
void across(const float* from, T* to, const Taps& taps, int channels) {
  const int width = static_cast<int>(taps.first.size());
  const float* weights = taps.weights.data();
  for (int x = 0; x < width; ++x, weights += taps.count) {
    const float* source = from + static_cast<std::ptrdiff_t>(taps.first[static_cast<std::size_t>(x)]) * channels;
    for (int channel = 0; channel < channels; ++channel) {
      float sum = std::is_integral_v<T> ? 0.5F : 0.0F;
      for (int k = 0; k < taps.count; ++k) sum += weights[k] * source[k * channels + channel];
      if constexpr (std::is_integral_v<T>) *to++ = static_cast<T>(static_cast<int>(sum));
      else *to++ = sum;
    }
  }
}

/// Copies the pixels at `columns` and `rows`.
template <class T>
void copy_places(const cv::Mat& picture, const std::vector<int>& columns, const std::vector<int>& rows, cv::Mat& out) {
  const int channels = picture.channels();
  for (int y = 0; y < out.rows; ++y) {
    const T* from = picture.ptr<T>(rows[static_cast<std::size_t>(y)]);
    T* to = out.ptr<T>(y);
    for (const int column : columns)
      for (int channel = 0; channel < channels; ++channel) *to++ = from[column * channels + channel];
  }
}

}  // namespace

cv::Mat resample(const cv::Mat& picture, cv::Size size, Filter filter) {
  cv::Mat out(size, picture.type());
  if (picture.depth() != CV_32F && filter == Filter::Triangle && size.width >= picture.cols && size.height >= picture.rows) {
    if (picture.type() == CV_8U) return enlarge(picture, size);
    // Enlarging takes two neighbours on each axis. This function of OpenCV has the same bits on all processors.
    cv::resize(picture, out, size, 0, 0, cv::INTER_LINEAR_EXACT);
    return out;
  }
  const int channels = picture.channels(), length = picture.cols * channels;
  const Taps columns = taps(picture.cols, size.width, filter);
  const Taps rows = taps(picture.rows, size.height, filter);
  std::vector<float> sums(static_cast<std::size_t>(length));
  of_depth(picture, [&](auto value) {
    using T = decltype(value);
    for (int y = 0; y < size.height; ++y) {
      add_rows<T>(picture, rows.first[static_cast<std::size_t>(y)], rows.at(y), rows.count, sums.data(), length);
      across<T>(sums.data(), out.ptr<T>(y), columns, channels);
    }
  });
  return out;
}

cv::Mat resample_nearest(const cv::Mat& picture, cv::Size size) {
  const auto places = [](int source, int target) {
    std::vector<int> out(static_cast<std::size_t>(target));
    const double step = static_cast<double>(source) / target;
    double at = step / 2;  // Adds steps, as Pillow does, so that a tie goes to the same pixel.
    for (int& place : out) {
      place = std::min(source - 1, static_cast<int>(at));
      at += step;
    }
    return out;
  };
  const std::vector<int> columns = places(picture.cols, size.width);
  const std::vector<int> rows = places(picture.rows, size.height);
  cv::Mat out(size, picture.type());
  of_depth(picture, [&](auto value) { copy_places<decltype(value)>(picture, columns, rows, out); });
  return out;
}

}  // namespace leat
