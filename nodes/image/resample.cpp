#include "image/resample.h"

#include <algorithm>
#include <cmath>
#include <vector>

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

/// Resamples one row with `channels` values per pixel. `fixed`: the number of taps if it is a constant, as for enlarging; else 0.
template <int fixed>
void across(const std::uint8_t* from, float* to, const Taps& taps, int channels) {
  const int width = static_cast<int>(taps.first.size());
  const int count = fixed > 0 ? fixed : taps.count;
  const float* weights = taps.weights.data();
  for (int x = 0; x < width; ++x, weights += count) {
    const std::uint8_t* source = from + static_cast<std::ptrdiff_t>(taps.first[static_cast<std::size_t>(x)]) * channels;
    for (int channel = 0; channel < channels; ++channel) {
      float sum = 0;
      for (int k = 0; k < count; ++k) sum += weights[k] * source[k * channels + channel];
      *to++ = sum;
    }
  }
}

}  // namespace

cv::Mat resample(const cv::Mat& picture, cv::Size size, Filter filter) {
  const int channels = picture.channels();
  const Taps columns = taps(picture.cols, size.width, filter);
  const Taps rows = taps(picture.rows, size.height, filter);
  const int length = size.width * channels;
  cv::Mat narrow(picture.rows, length, CV_32F);
  const auto narrow_row = columns.count == 2 ? across<2> : across<0>;
  for (int y = 0; y < picture.rows; ++y) narrow_row(picture.ptr(y), narrow.ptr<float>(y), columns, channels);

  cv::Mat out(size, picture.type());
  std::vector<float> sums(static_cast<std::size_t>(length));
  for (int y = 0; y < size.height; ++y) {
    std::fill(sums.begin(), sums.end(), 0.5F);
    for (int k = 0; k < rows.count; ++k) {
      const float scale = rows.at(y)[k];
      if (scale == 0) continue;
      const float* from = narrow.ptr<float>(rows.first[static_cast<std::size_t>(y)] + k);
      for (int x = 0; x < length; ++x) sums[static_cast<std::size_t>(x)] += scale * from[x];
    }
    std::uint8_t* to = out.ptr(y);
    for (int x = 0; x < length; ++x) to[x] = static_cast<std::uint8_t>(static_cast<int>(sums[static_cast<std::size_t>(x)]));
  }
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
  const int channels = picture.channels();
  cv::Mat out(size, picture.type());
  for (int y = 0; y < size.height; ++y) {
    const std::uint8_t* from = picture.ptr(rows[static_cast<std::size_t>(y)]);
    std::uint8_t* to = out.ptr(y);
    for (const int column : columns)
      for (int channel = 0; channel < channels; ++channel) *to++ = from[column * channels + channel];
  }
  return out;
}

}  // namespace leat
