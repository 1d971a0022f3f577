#include "leat/statistics.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "leat/check.h"

namespace leat {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Values that differ by less only differ by rounding.
constexpr double rounding = 1e-12;

/// Returns the unbiased variance of at least two values. That of values that are equal but for rounding is exactly 0.
double variance(std::span<const double> values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*most - *least <= rounding * std::max({1.0, std::abs(*least), std::abs(*most)})) return 0;
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / (count - 1);
}
}  // namespace

std::optional<double> area_under_roc(std::span<const double> scores, std::span<const std::uint8_t> positives) {
  LEAT_CHECK(scores.size() == positives.size());
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  // Count twice the number of pairs won, in whole numbers, which are exact.
  std::int64_t won = 0, negatives_below = 0, positive_count = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    std::int64_t tied_positives = 0, tied_negatives = 0;
    for (end = begin; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end)
      ++(positives[order[end]] ? tied_positives : tied_negatives);
    won += tied_positives * (2 * negatives_below + tied_negatives);
    negatives_below += tied_negatives;
    positive_count += tied_positives;
  }
  if (positive_count == 0 || negatives_below == 0) return {};
  return static_cast<double>(won) / (2.0 * static_cast<double>(positive_count) * static_cast<double>(negatives_below));
}

double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Interval bootstrap_interval(std::int64_t count, const Statistic& statistic, RandomKey key, int draws, double level) {
  std::vector<std::vector<std::int64_t>> single(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < single.size(); ++k) single[k] = {static_cast<std::int64_t>(k)};
  return bootstrap_interval(single, statistic, key, draws, level);
}

namespace {

/// Returns the values of the statistic on draws of clusters, without draws for which it is undefined.
std::vector<double> drawn_values(std::span<const std::vector<std::int64_t>> clusters, const Statistic& statistic, RandomKey key,
                                 int draws) {
  std::vector<double> values;
  std::vector<std::int64_t> items;
  for (int draw = 0; draw < draws; ++draw) {
    key.slot = static_cast<std::uint32_t>(draw);
    Random random(key);
    items.clear();
    for (std::size_t k = 0; k < clusters.size(); ++k) {
      const auto& cluster = clusters[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(clusters.size())))];
      items.insert(items.end(), cluster.begin(), cluster.end());
    }
    if (const auto value = statistic(items)) values.push_back(*value);
  }
  return values;
}

}  // namespace

Interval bootstrap_interval(std::span<const std::vector<std::int64_t>> clusters, const Statistic& statistic, RandomKey key, int draws,
                            double level) {
  std::vector<std::int64_t> items;
  for (const auto& cluster : clusters) items.insert(items.end(), cluster.begin(), cluster.end());
  std::sort(items.begin(), items.end());
  Interval out{statistic(items).value_or(unknown), unknown, unknown};
  if (clusters.empty()) return out;
  std::vector<double> values = drawn_values(clusters, statistic, key, draws);
  if (values.empty()) return out;
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(clusters.size());
  if (clusters.size() < few_clusters) {
    if (clusters.size() < 2 || variance(values) == 0) return out;
    const double half = student_t_quantile((1 + level) / 2, count - 1) * std::sqrt(variance(values) * count / (count - 1));
    return {out.value, out.value - half, out.value + half};
  }
  const double reach = student_t_quantile((1 + level) / 2, count - 1) * std::sqrt(count / (count - 1));
  const double share = boost::math::cdf(boost::math::normal(), -reach);
  const double low = quantile(values, share), high = quantile(values, 1 - share);
  // Sums of equal numbers can differ in their last bits.
  if (high - low <= rounding * std::max(std::abs(low), std::abs(high))) return out;
  out.low = low;
  out.high = high;
  return out;
}

std::optional<double> bootstrap_variance(std::span<const std::vector<std::int64_t>> clusters, const Statistic& statistic, RandomKey key,
                                         int draws) {
  const std::vector<double> values = drawn_values(clusters, statistic, key, draws);
  if (values.size() < 2 || clusters.size() < 2) return {};
  const auto count = static_cast<double>(clusters.size());
  return variance(values) * count / (count - 1);
}

Interval wilson_interval(double share, double count, double level) {
  if (!(count > 0)) return {share, unknown, unknown};
  const double z = boost::math::quantile(boost::math::normal(), (1 + level) / 2);
  const double middle = (share + z * z / (2 * count)) / (1 + z * z / count);
  const double half = z / (1 + z * z / count) * std::sqrt(share * (1 - share) / count + z * z / (4 * count * count));
  // At 0 and 1, the end is exact.
  return {share, share == 0 ? 0 : middle - half, share == 1 ? 1 : middle + half};
}

Interval mean_interval(std::span<const double> values, double level) {
  const auto count = static_cast<double>(values.size());
  Interval out{unknown, unknown, unknown};
  if (values.empty()) return out;
  out.value = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2 || variance(values) == 0) return out;
  const double half = student_t_quantile((1 + level) / 2, count - 1) * std::sqrt(variance(values) / count);
  out.low = out.value - half;
  out.high = out.value + half;
  return out;
}

Difference mean_difference(std::span<const double> by_seed, const PatientsVariance& over_patients, double level) {
  const auto count = static_cast<double>(by_seed.size());
  Difference out{{unknown, unknown, unknown}, unknown};
  if (by_seed.empty()) return out;
  out.interval.value = std::accumulate(by_seed.begin(), by_seed.end(), 0.0) / count;
  const double of_seeds = by_seed.size() > 1 ? variance(by_seed) / count : 0, of_patients = over_patients.variance;
  LEAT_CHECK(of_patients == 0 || over_patients.patients > 1);
  const double whole = of_seeds + of_patients;
  if (!(whole > 0)) return out;
  double squares = 0;
  if (of_seeds > 0) squares += of_seeds * of_seeds / (count - 1);
  if (of_patients > 0) squares += of_patients * of_patients / static_cast<double>(over_patients.patients - 1);
  const double freedom = whole * whole / squares;
  const double half = student_t_quantile((1 + level) / 2, freedom) * std::sqrt(whole);
  out.interval.low = out.interval.value - half;
  out.interval.high = out.interval.value + half;
  const boost::math::students_t t(freedom);
  out.p = 2 * boost::math::cdf(boost::math::complement(t, std::abs(out.interval.value) / std::sqrt(whole)));
  return out;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < p.size(); ++k)
    if (!std::isnan(p[k])) order.push_back(k);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> out(p.begin(), p.end());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - rank) * p[order[rank]]));
    out[order[rank]] = largest;
  }
  return out;
}

double student_t_quantile(double probability, double freedom) {
  return boost::math::quantile(boost::math::students_t(freedom), probability);
}

}  // namespace leat
