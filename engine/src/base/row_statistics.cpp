#include "base/row_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "leat/statistics.h"

namespace leat {

namespace {

constexpr int bins = 15;

std::size_t at(std::int64_t item) { return static_cast<std::size_t>(item); }

}  // namespace

std::optional<double> ratio_of(double part, double whole) { return whole != 0 ? std::optional(part / whole) : std::nullopt; }

double count_of(const Flags& flags, Items items) {
  double out = 0;
  for (const std::int64_t item : items) out += flags[at(item)];
  return out;
}

std::optional<double> mean_of_columns(const std::vector<std::vector<double>>& columns, Items items) {
  if (columns.empty() || items.empty()) return {};
  double means = 0, known_columns = 0;
  for (const std::vector<double>& column : columns) {
    double sum = 0, known = 0;
    for (const std::int64_t item : items) {
      if (std::isnan(column[at(item)])) continue;
      sum += column[at(item)];
      ++known;
    }
    if (known == 0) continue;
    means += sum / known;
    ++known_columns;
  }
  return ratio_of(means, known_columns);
}

double sum_of(const std::vector<Summand>& summands, Items items) {
  double out = 0;
  for (const std::int64_t item : items)
    for (const Summand& one : summands) {
      const double number = one.numbers.empty() ? 1 : one.numbers[at(item)];
      if (!std::isnan(number)) out += one.factor * number;
    }
  return out;
}

std::optional<double> area_of(const std::vector<double>& scores, const Flags& positives, const Flags& known, Items items) {
  std::vector<double> drawn_scores;
  Flags drawn_positives;
  drawn_scores.reserve(items.size());
  drawn_positives.reserve(items.size());
  for (const std::int64_t item : items) {
    if (!known[at(item)]) continue;
    drawn_scores.push_back(scores[at(item)]);
    drawn_positives.push_back(positives[at(item)]);
  }
  return area_under_roc(drawn_scores, drawn_positives);
}

std::optional<double> calibration_error_of(const std::vector<double>& confidences, const Flags& are_right, Items items) {
  std::array<double, bins> confidence{}, right{};
  for (const std::int64_t item : items) {
    const double one = confidences[at(item)];
    const auto bin = static_cast<std::size_t>(std::clamp(static_cast<int>(std::ceil(one * bins)) - 1, 0, bins - 1));
    confidence[bin] += one;
    right[bin] += are_right[at(item)];
  }
  double sum = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) sum += std::abs(right[bin] - confidence[bin]);
  return ratio_of(sum, static_cast<double>(items.size()));
}

}  // namespace leat
