#include "report/image_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace leat::report {

namespace {

/// Returns the mean of several columns in each row, without unknown numbers; NaN if none is known.
std::vector<double> mean_of(const std::vector<ImageScore>& columns) {
  std::vector<double> out(columns[0].values.size(), 0);
  for (std::size_t row = 0; row < out.size(); ++row) {
    const auto known = static_cast<double>(
        std::count_if(columns.begin(), columns.end(), [row](const ImageScore& one) { return !std::isnan(one.values[row]); }));
    for (const ImageScore& one : columns)
      if (!std::isnan(one.values[row])) out[row] += one.values[row] / known;
    if (known == 0) out[row] = std::numeric_limits<double>::quiet_NaN();
  }
  return out;
}

}  // namespace

std::vector<ImageScore> scores_of(const FinishedRun& run, const std::string& phase, const std::string& node, const ImageRows& rows) {
  if (!rows.classes().empty()) return {};
  std::vector<ImageScore> dice, headlines, all;
  bool has_mean = false;
  for (const std::string& column : rows.table().columns()) {
    const std::vector<double>* numbers = rows.table().find_numbers(column);
    if (!numbers) continue;
    ImageScore score{column, *numbers};
    if (column == "inside") return {std::move(score)};
    const Measured* measured = run.find(phase, node, column);
    if (column == "dice" || column.starts_with("dice_")) dice.push_back(score);
    if (measured && measured->headline >= 0) headlines.push_back(score);
    has_mean = has_mean || column == "dice";
    all.push_back(std::move(score));
  }
  if (dice.size() > 1 && !has_mean) dice.insert(dice.begin(), ImageScore{"dice", mean_of(dice)});
  if (!dice.empty()) return dice;
  if (!headlines.empty()) return headlines;
  if (all.size() > 1) all.erase(all.begin() + 1, all.end());
  return all;
}

std::vector<std::size_t> lowest_first(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t row) { return std::isnan(values[row]) ? std::numeric_limits<double>::infinity() : values[row]; };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  return order;
}

std::vector<std::size_t> least_probable_first(const ImageRows& rows) {
  std::vector<double> sums(rows.images().size(), 0), known(sums.size(), 0);
  for (const std::string& name : rows.classes()) {
    const std::vector<std::string> labels = rows.table().texts(rows.has_labels() ? "label_" + name : "label");
    const std::vector<double>& probabilities = *rows.table().find_numbers("probability_" + name);
    for (std::size_t k = 0; k < sums.size(); ++k) {
      if (rows.has_labels() ? labels[k].empty() : labels[k] != name) continue;
      sums[k] += !rows.has_labels() || labels[k] == "1" ? probabilities[k] : 1 - probabilities[k];
      ++known[k];
    }
  }
  // Without a known label it is 0 / 0, which comes last.
  for (std::size_t k = 0; k < sums.size(); ++k) sums[k] /= known[k];
  return lowest_first(sums);
}

}  // namespace leat::report
