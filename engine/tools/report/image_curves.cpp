#include "report/image_curves.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "leat/statistics.h"

namespace leat::report {

std::vector<RocPoint> roc_curve(std::span<const double> scores, std::span<const std::uint8_t> positives) {
  const auto positive = std::accumulate(positives.begin(), positives.end(), 0.0);
  const double negative = static_cast<double>(positives.size()) - positive;
  if (positive == 0 || negative == 0) return {};
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<RocPoint> out{{}};
  double hits = 0, misses = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    (positives[order[k]] ? hits : misses) += 1;
    if (k + 1 < order.size() && scores[order[k + 1]] == scores[order[k]]) continue;
    out.push_back({misses / negative, hits / positive});
  }
  return out;
}

std::vector<RocPoint> thinned(const std::vector<RocPoint>& curve, double width) {
  if (curve.size() < 3) return curve;
  const auto distance = [&](std::size_t from, std::size_t to, std::size_t at) {
    const double x = curve[to].false_positives - curve[from].false_positives, y = curve[to].true_positives - curve[from].true_positives;
    const double dx = curve[at].false_positives - curve[from].false_positives, dy = curve[at].true_positives - curve[from].true_positives;
    return std::abs(x * dy - y * dx) / std::hypot(x, y);
  };
  // Douglas and Peucker (Cartographica 1973).
  std::vector<char> stays(curve.size(), 0);
  stays.front() = stays.back() = 1;
  std::vector<std::pair<std::size_t, std::size_t>> open{{0, curve.size() - 1}};
  while (!open.empty()) {
    const auto [from, to] = open.back();
    open.pop_back();
    std::size_t farthest = from;
    double most = width;
    for (std::size_t at = from + 1; at < to; ++at)
      if (const double found = distance(from, to, at); found >= most) {
        most = found;
        farthest = at;
      }
    if (farthest == from) continue;
    stays[farthest] = 1;
    open.emplace_back(from, farthest);
    open.emplace_back(farthest, to);
  }
  std::vector<RocPoint> out;
  for (std::size_t k = 0; k < curve.size(); ++k)
    if (stays[k]) out.push_back(curve[k]);
  return out;
}

std::vector<ReliabilityBin> reliability(std::span<const double> probabilities, std::span<const std::uint8_t> are_true, std::size_t bins) {
  std::vector<ReliabilityBin> out(bins);
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    const double place = std::ceil(probabilities[k] * static_cast<double>(bins)) - 1;
    ReliabilityBin& bin = out[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(bins - 1)))];
    ++bin.count;
    bin.probability += probabilities[k];
    bin.fraction += are_true[k] ? 1 : 0;
  }
  for (ReliabilityBin& bin : out) {
    if (bin.count == 0) continue;
    const auto count = static_cast<double>(bin.count);
    bin.probability /= count;
    bin.fraction /= count;
    const Interval interval = wilson_interval(bin.fraction, count);
    bin.low = interval.low;
    bin.high = interval.high;
  }
  return out;
}

std::vector<std::vector<std::int64_t>> confusion(std::span<const std::size_t> labels, std::span<const std::size_t> predictions,
                                                 std::size_t classes) {
  std::vector<std::vector<std::int64_t>> out(classes, std::vector<std::int64_t>(classes, 0));
  for (std::size_t k = 0; k < labels.size(); ++k) {
    if (labels[k] >= classes || predictions[k] >= classes) throw std::logic_error("a label or prediction is not one of the classes");
    ++out[labels[k]][predictions[k]];
  }
  return out;
}

}  // namespace leat::report
