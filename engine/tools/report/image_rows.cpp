#include "report/image_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <stdexcept>

#include "leat/csv.h"

namespace leat::report {

namespace {

using Items = std::span<const std::int64_t>;
using OfClass = std::optional<double> (*)(const JudgedClass&, Items);

std::optional<double> number_of(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

struct Counts {
  double right_yes = 0, wrong_yes = 0, right_no = 0, wrong_no = 0;
};

Counts counts_of(const JudgedClass& judged, Items items) {
  Counts out;
  for (const std::int64_t item : items) {
    const auto k = static_cast<std::size_t>(item);
    ++(judged.is_said[k] ? (judged.is_true[k] ? out.right_yes : out.wrong_yes) : (judged.is_true[k] ? out.wrong_no : out.right_no));
  }
  return out;
}

std::optional<double> ratio(double part, double whole) { return whole > 0 ? std::optional(part / whole) : std::nullopt; }

std::optional<double> accuracy(const JudgedClass& judged, Items items) {
  const Counts c = counts_of(judged, items);
  return ratio(c.right_yes + c.right_no, static_cast<double>(items.size()));
}

std::optional<double> sensitivity(const JudgedClass& judged, Items items) {
  const Counts c = counts_of(judged, items);
  return ratio(c.right_yes, c.right_yes + c.wrong_no);
}

std::optional<double> specificity(const JudgedClass& judged, Items items) {
  const Counts c = counts_of(judged, items);
  return ratio(c.right_no, c.right_no + c.wrong_yes);
}

std::optional<double> balanced_accuracy(const JudgedClass& judged, Items items) {
  const auto yes = sensitivity(judged, items), no = specificity(judged, items);
  return yes && no ? std::optional((*yes + *no) / 2) : yes ? yes : no;
}

std::optional<double> positive_share(const JudgedClass& judged, Items items) {
  const Counts c = counts_of(judged, items);
  return ratio(c.right_yes + c.wrong_yes, static_cast<double>(items.size()));
}

std::optional<double> f1(const JudgedClass& judged, Items items) {
  const Counts c = counts_of(judged, items);
  return ratio(2 * c.right_yes, 2 * c.right_yes + c.wrong_yes + c.wrong_no);
}

std::optional<double> auc(const JudgedClass& judged, Items items) {
  std::vector<double> scores;
  std::vector<std::uint8_t> positives;
  scores.reserve(items.size());
  positives.reserve(items.size());
  for (const std::int64_t item : items) {
    scores.push_back(judged.score[static_cast<std::size_t>(item)]);
    positives.push_back(judged.is_true[static_cast<std::size_t>(item)]);
  }
  return area_under_roc(scores, positives);
}

struct Measure {
  std::string_view name;
  OfClass of;
};
constexpr Measure measures[] = {
    {"accuracy", accuracy},       {"balanced_accuracy", balanced_accuracy}, {"auc", auc}, {"f1", f1}, {"sensitivity", sensitivity},
    {"specificity", specificity}, {"positive_share", positive_share}};

OfClass find_measure(std::string_view name) {
  for (const Measure& one : measures)
    if (one.name == name) return one.of;
  return nullptr;
}

Statistic statistic_of(const JudgedClass& judged, OfClass measure) {
  return [&judged, measure](Items items) { return measure(judged, items); };
}

/// The mean over classes; undefined where that of one class is, unless those are left out.
Statistic mean_of(const std::vector<JudgedClass>& classes, OfClass measure, bool leaves_out) {
  return [&classes, measure, leaves_out](Items items) -> std::optional<double> {
    double sum = 0, count = 0;
    for (const JudgedClass& one : classes) {
      const auto value = measure(one, items);
      if (!value && !leaves_out) return {};
      sum += value.value_or(0);
      count += value.has_value();
    }
    return ratio(sum, count);
  };
}

/// `f1` of `f1_NORMAL`: a measure's name, before the name of a class.
const Measure* find_measure_of_class(const std::string& metric, const std::string& class_name) {
  for (const Measure& one : measures)
    if (metric == std::string(one.name) + "_" + class_name) return &one;
  return nullptr;
}

}  // namespace

ImageRows ImageRows::parse(std::string_view csv) {
  const CsvTable table = read_csv(csv);
  const std::vector<std::string>& header = table.header;
  if (header.empty() || header[0] != "image") throw std::runtime_error("the first column is not `image`");
  ImageRows out;
  std::vector<std::vector<std::string>> rows;
  for (const CsvTable::Row& row : table.rows) {
    out.images_.push_back(row.fields[0]);
    rows.push_back(row.fields);
  }
  const auto patient = static_cast<std::size_t>(std::find(header.begin(), header.end(), "patient") - header.begin());
  std::map<std::string, std::size_t> known;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::string name = patient < header.size() ? rows[k][patient] : std::to_string(k);
    const auto [found, is_new] = known.emplace(name, out.patients_.size());
    if (is_new) out.patients_.emplace_back();
    out.patients_[found->second].push_back(static_cast<std::int64_t>(k));
  }
  for (std::size_t c = 1; c < header.size(); ++c) {
    if (header[c] == "group" || header[c] == "patient") continue;
    Column column{header[c], {}};
    for (const auto& row : rows)
      if (const auto number = number_of(row[c])) column.numbers.push_back(*number);
    if (column.numbers.size() == rows.size()) out.columns_.push_back(std::move(column));
  }
  out.judge(header, rows);
  return out;
}

void ImageRows::judge(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  static const std::string probability = "probability_";
  const auto label = std::find(header.begin(), header.end(), "label");
  for (const Column& column : columns_)
    if (column.name.starts_with(probability)) classes_.push_back({column.name.substr(probability.size()), {}, {}, column.numbers});
  is_multi_label_ = label == header.end();
  for (JudgedClass& one : classes_) {
    const auto own = std::find(header.begin(), header.end(), "label_" + one.name);
    if (is_multi_label_ && own == header.end()) {
      classes_.clear();
      return;
    }
    const auto at = static_cast<std::size_t>((is_multi_label_ ? own : label) - header.begin());
    for (const auto& row : rows) one.is_true.push_back(is_multi_label_ ? row[at] == "1" : row[at] == one.name);
    for (const double score : one.score) one.is_said.push_back(is_multi_label_ && score > .5);
  }
  if (is_multi_label_ || classes_.empty()) return;
  for (std::size_t k = 0; k < rows.size(); ++k)
    std::max_element(classes_.begin(), classes_.end(), [k](const JudgedClass& a, const JudgedClass& b) {
      return a.score[k] < b.score[k];
    })->is_said[k] = 1;
}

std::optional<Statistic> ImageRows::of_one_class(const std::string& metric) const {
  const bool are_two = classes_.size() == 2;
  if (metric == "accuracy")
    return [this](Items items) -> std::optional<double> {
      double right = 0;
      for (const JudgedClass& one : classes_) right += counts_of(one, items).right_yes;
      return ratio(right, static_cast<double>(items.size()));
    };
  if (metric == "balanced_accuracy") return mean_of(classes_, sensitivity, true);
  if (metric == "auc") return are_two ? statistic_of(classes_[1], auc) : mean_of(classes_, auc, false);
  if (are_two && (metric == "sensitivity" || metric == "specificity" || metric == "positive_share"))
    return statistic_of(classes_[1], find_measure(metric));
  for (const JudgedClass& one : classes_)
    if (metric == "f1_" + one.name) return statistic_of(one, f1);
  return {};
}

std::optional<Statistic> ImageRows::of_several_classes(const std::string& metric) const {
  if (metric == "accuracy" || metric == "balanced_accuracy" || metric == "auc") return mean_of(classes_, find_measure(metric), false);
  for (const JudgedClass& one : classes_)
    if (const Measure* measure = find_measure_of_class(metric, one.name)) return statistic_of(one, measure->of);
  return {};
}

std::optional<Statistic> ImageRows::mean(const std::string& metric) const {
  std::vector<const Column*> columns;
  for (const Column& column : columns_)
    if (column.name == metric) columns = {&column};
  // Of `assd` are the columns `assd_lungs` and `assd_heart`, not `assd_mm_lungs`.
  const auto is_of_channel = [&](const std::string& name) { return name.starts_with(metric + "_") && !name.starts_with(metric + "_mm_"); };
  for (const Column& column : columns_)
    if ((columns.empty() || columns.front()->name != metric) && is_of_channel(column.name)) columns.push_back(&column);
  if (columns.empty()) return {};
  return [columns](Items items) -> std::optional<double> {
    double sum = 0;
    for (const Column* column : columns)
      for (const std::int64_t item : items) sum += column->numbers[static_cast<std::size_t>(item)];
    return ratio(sum, static_cast<double>(items.size() * columns.size()));
  };
}

std::optional<Statistic> ImageRows::statistic(const std::string& metric) const {
  if (classes_.empty()) return mean(metric);
  return is_multi_label_ ? of_several_classes(metric) : of_one_class(metric);
}

std::optional<double> ImageRows::majority_share() const {
  if (is_multi_label_ || classes_.empty() || images_.empty()) return {};
  double most = 0;
  for (const JudgedClass& one : classes_) most = std::max(most, static_cast<double>(std::count(one.is_true.begin(), one.is_true.end(), 1)));
  return most / static_cast<double>(images_.size());
}

}  // namespace leat::report
