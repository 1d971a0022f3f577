#include "image/value_window.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "image/depths.h"
#include "image/histogram.h"
#include "leat/param.h"

namespace leat {
namespace {

/// Calls `act` with each value of all channels.
template <class T, class Act>
void each_value(const cv::Mat& picture, Act act) {
  for (int y = 0; y < picture.rows; ++y)
    for (const T *at = picture.ptr<T>(y), *end = at + picture.cols * picture.channels(); at < end; ++at) act(*at);
}

/// A place between two values of a sorted list.
struct Rank {
  std::int64_t below;
  double part;

  Rank(double percent, std::int64_t count) {
    const double at = percent / 100 * static_cast<double>(count - 1);
    below = std::min(static_cast<std::int64_t>(at), count - 1);
    part = at - static_cast<double>(below);
  }
  [[nodiscard]] double between(double one, double next) const { return one + (next - one) * part; }
};

template <class T>
double percentile_of(const HistogramOf<T>& counts, const Rank& rank) {
  std::int64_t before = 0;
  double one = -1;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    before += counts[value];
    if (one < 0 && before > rank.below) one = static_cast<double>(value);
    if (before > rank.below + 1) return rank.between(one, static_cast<double>(value));
  }
  return one;
}

double percentile_of(std::vector<float>& values, const Rank& rank) {
  const auto at = values.begin() + rank.below;
  std::nth_element(values.begin(), at, values.end());
  const auto next = std::min_element(at + 1, values.end());
  return next == values.end() ? *at : rank.between(*at, *next);
}

std::vector<float> finite_values(const cv::Mat& picture) {
  std::vector<float> out;
  out.reserve(picture.total() * static_cast<std::size_t>(picture.channels()));
  each_value<float>(picture, [&out](float value) {
    if (std::isfinite(value)) out.push_back(value);
  });
  return out;
}

template <class To>
To level(double value, const ValueWindow& window, double full) {
  const double width = window.high - window.low;
  double share = value > window.low ? 1 : 0;
  if (window.is_sigmoid) share = 1 / (1 + std::exp(-4 * ((value - window.low) / width - 0.5)));
  else if (width > 0) share = std::clamp((value - window.low) / width, 0.0, 1.0);
  if (!(share >= 0)) return 0;  // NaN
  if constexpr (std::is_floating_point_v<To>) return static_cast<To>(share);
  else return static_cast<To>(share * full + 0.5);
}

template <class From, class To>
void map_values(const cv::Mat& picture, const ValueWindow& window, double full, cv::Mat& out) {
  std::vector<To> table;
  if constexpr (std::is_integral_v<From>) {
    table.resize(static_cast<std::size_t>(Tones<From>::full) + 1);
    for (std::size_t value = 0; value < table.size(); ++value) table[value] = level<To>(static_cast<double>(value), window, full);
  }
  for (int y = 0; y < picture.rows; ++y) {
    To* to = out.ptr<To>(y);
    for (const From *at = picture.ptr<From>(y), *end = at + picture.cols * picture.channels(); at < end; ++at, ++to) {
      if constexpr (std::is_integral_v<From>) *to = table[*at];
      else *to = level<To>(static_cast<double>(*at), window, full);
    }
  }
}

}  // namespace

ValueWindow extremes_of(const cv::Mat& picture) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  of_depth(picture, [&](auto kind) {
    each_value<decltype(kind)>(picture, [&](auto value) {
      const auto number = static_cast<double>(value);
      if (!std::isfinite(number)) return;
      low = std::min(low, number);
      high = std::max(high, number);
    });
  });
  return low <= high ? ValueWindow{low, high} : ValueWindow{};
}

ValueWindow percentiles_of(const cv::Mat& picture, double low, double high) {
  const auto of_counts = [&]<class T>(T) {
    const cv::Mat values = picture.reshape(1);
    const HistogramOf<T> counts = histogram<T>(values);
    const auto count = static_cast<std::int64_t>(values.total());
    return ValueWindow{percentile_of<T>(counts, Rank(low, count)), percentile_of<T>(counts, Rank(high, count))};
  };
  if (picture.depth() != CV_32F) return of_whole_depth(picture, of_counts);
  std::vector<float> values = finite_values(picture);
  if (values.empty()) return {};
  const auto count = static_cast<std::int64_t>(values.size());
  return {percentile_of(values, Rank(low, count)), percentile_of(values, Rank(high, count))};
}

ValueWindow dicom_window(double centre, double width, std::string_view function) {
  const bool is_linear = function == "LINEAR";
  if (!is_linear && function != "LINEAR_EXACT" && function != "SIGMOID")
    throw std::runtime_error("the window function of the sample is `" + std::string(function) +
                             "`, but only LINEAR, LINEAR_EXACT and SIGMOID are known");
  if (is_linear ? !(width >= 1) : !(width > 0))
    throw std::runtime_error("the sample states a window of the width " + detail::value_text(width) + ", but " + std::string(function) +
                             (is_linear ? " needs at least 1" : " needs more than 0"));
  if (is_linear) return {centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2};
  return {centre - width / 2, centre + width / 2, function == "SIGMOID"};
}

cv::Mat through_window(const cv::Mat& picture, const ValueWindow& window, int depth) {
  cv::Mat out(picture.size(), CV_MAKETYPE(depth, picture.channels()));
  const double full = depth == CV_16U ? 65535 : 255;
  of_depth(picture,
           [&](auto from) { of_depth(out, [&](auto to) { map_values<decltype(from), decltype(to)>(picture, window, full, out); }); });
  return out;
}

cv::Mat shown(const cv::Mat& picture) {
  cv::Mat seen = picture;
  if (picture.channels() != 1 && picture.channels() != 3) cv::extractChannel(picture, seen, 0);
  return seen.depth() == CV_8U ? seen : through_window(seen, extremes_of(seen), CV_8U);
}

bool has_only_finite(const cv::Mat& picture) {
  bool out = true;
  if (picture.depth() == CV_32F) each_value<float>(picture, [&out](float value) { out = out && std::isfinite(value); });
  return out;
}

}  // namespace leat
