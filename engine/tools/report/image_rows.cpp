#include "report/image_rows.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "base/image_metrics.h"
#include "leat/class_metrics.h"
#include "leat/csv.h"

namespace leat::report {

namespace {

const std::string probability = "probability_";

/// Returns the names after the prefix of these columns, in order: `a` for `probability_a`.
std::vector<std::string> names_behind(const ImageTable& table, const std::string& begin) {
  std::vector<std::string> out;
  for (const std::string& column : table.columns())
    if (column.starts_with(begin) && table.find_numbers(column)) out.push_back(column.substr(begin.size()));
  return out;
}

bool has(const ImageTable& table, const std::string& column) {
  const std::vector<std::string> all = table.columns();
  return std::find(all.begin(), all.end(), column) != all.end();
}

std::vector<double> probabilities_of(const ImageTable& table, const std::vector<std::string>& names, std::size_t row) {
  std::vector<double> out;
  for (const std::string& name : names) out.push_back((*table.find_numbers(probability + name))[row]);
  return out;
}

/// Returns a new table of the same images, made from one of an earlier version; an empty table if a label is not one of the classes.
ImageTable with_predictions(const ImageTable& table, const std::vector<std::string>& classes) {
  ImageTable out;
  const std::vector<std::string> labels = table.texts("label");
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto label = static_cast<std::size_t>(std::find(classes.begin(), classes.end(), labels[row]) - classes.begin());
    if (label == classes.size()) return {};
    out.add({.id = table.images()[row]}, class_fields(classes, label, probabilities_of(table, classes, row)));
  }
  return out;
}

ImageTable with_several_predictions(const ImageTable& table, const std::vector<std::string>& names) {
  ImageTable out;
  std::vector<std::vector<std::string>> labels;
  for (const std::string& name : names) labels.push_back(table.texts("label_" + name));
  for (std::size_t row = 0; row < table.images().size(); ++row) {
    std::vector<std::int64_t> of_row;
    for (const std::vector<std::string>& one : labels) of_row.push_back(one[row] == "1");
    out.add({.id = table.images()[row]}, label_fields(names, of_row, probabilities_of(table, names, row)));
  }
  return out;
}

}  // namespace

ImageRows ImageRows::parse(std::string_view csv, std::optional<std::string_view> figures) {
  ImageRows out;
  out.table_ = ImageTable::read(csv);
  out.images_ = out.table_.images();
  out.patients_ = out.table_.patients();
  const CsvTable texts = read_csv(csv);
  if (const auto column = texts.find_column("patient"); column >= 0)
    for (const CsvTable::Row& row : texts.rows) out.patient_names_.push_back(row.fields[static_cast<std::size_t>(column)]);
  out.has_figures_ = figures.has_value();
  if (figures) out.metrics_ = read_image_metrics(*figures);
  else out.derive_metrics();
  try {
    for (const ImageMetric& metric : out.metrics_) (void)metric.figure.of(out.table_);
  } catch (const std::logic_error& error) {
    throw std::runtime_error(std::string("it does not match the file next to it: ") + error.what());
  }
  return out;
}

bool ImageRows::differs(std::size_t row, const ImageRows& other, std::size_t other_row) const {
  if (!source_.name.empty() && !other.source_.name.empty() && are_drawn() != other.are_drawn()) return true;
  if (fingerprints_.empty() || other.fingerprints_.empty()) return false;
  const std::string &ours = fingerprints_[row], &theirs = other.fingerprints_[other_row];
  const auto kind = [](const std::string& text) { return text.substr(0, text.find(' ')); };
  return !ours.empty() && !theirs.empty() && kind(ours) == kind(theirs) && ours != theirs;
}

std::string identity_of(const std::string& image, const std::string& fingerprint, const ImageSource& source) {
  return (fingerprint.empty() ? source.name : fingerprint) + "\n" + image;
}

std::string ImageRows::identity(std::size_t row) const {
  return identity_of(images_[row], fingerprints_.empty() ? "" : fingerprints_[row], source_);
}

bool ImageRows::is_identified(std::size_t row) const { return source_.is_known || (!fingerprints_.empty() && !fingerprints_[row].empty()); }

std::vector<std::int64_t> ImageRows::rows_in(const ImageRows& other) const {
  std::vector<std::int64_t> out(images_.size(), -1);
  // Two rows can have one name.
  if (images_ == other.images_ && images_with_other_contents(other).empty()) {
    std::iota(out.begin(), out.end(), 0);
    return out;
  }
  std::map<std::string_view, std::size_t> named;
  for (std::size_t row = 0; row < other.images_.size(); ++row) named.emplace(other.images_[row], row);
  std::vector<char> is_taken(other.images_.size(), 0);
  const auto pair = [&](std::size_t row, std::size_t other_row) {
    if (std::exchange(is_taken[other_row], 1) == 0) out[row] = static_cast<std::int64_t>(other_row);
  };
  for (std::size_t row = 0; row < images_.size(); ++row)
    if (const auto found = named.find(images_[row]); found != named.end() && !differs(row, other, found->second)) pair(row, found->second);
  if (fingerprints_.empty() || other.fingerprints_.empty()) return out;
  std::map<std::string_view, std::vector<std::size_t>> ours, theirs;
  for (std::size_t row = 0; row < images_.size(); ++row) ours[fingerprints_[row]].push_back(row);
  for (std::size_t row = 0; row < other.images_.size(); ++row) theirs[other.fingerprints_[row]].push_back(row);
  for (const auto& [fingerprint, rows] : ours) {
    const auto found = theirs.find(fingerprint);
    const bool is_unique = !fingerprint.empty() && found != theirs.end() && rows.size() == 1 && found->second.size() == 1;
    if (is_unique && out[rows[0]] < 0) pair(rows[0], found->second[0]);
  }
  return out;
}

std::vector<std::string> ImageRows::images_with_other_contents(const ImageRows& other) const {
  std::map<std::string_view, std::size_t> named;
  for (std::size_t row = 0; row < other.images_.size(); ++row) named.emplace(other.images_[row], row);
  std::vector<std::string> out;
  for (std::size_t row = 0; row < images_.size(); ++row)
    if (const auto found = named.find(images_[row]); found != named.end() && differs(row, other, found->second))
      out.push_back(images_[row]);
  return out;
}

std::vector<std::string> ImageRows::images_with_other_labels(const ImageRows& other) const {
  const std::vector<std::int64_t> theirs = rows_in(other);
  std::vector<char> has_other(images_.size(), 0);
  for (const std::string& column : table_.columns()) {
    if ((column != "label" && !column.starts_with("label_")) || !has(other.table_, column)) continue;
    const std::vector<std::string> labels = table_.texts(column), other_labels = other.table_.texts(column);
    for (std::size_t row = 0; row < images_.size(); ++row)
      if (theirs[row] >= 0 && other_labels[static_cast<std::size_t>(theirs[row])] != labels[row]) has_other[row] = 1;
  }
  std::vector<std::string> out;
  for (std::size_t row = 0; row < images_.size(); ++row)
    if (has_other[row]) out.push_back(images_[row]);
  return out;
}

void ImageRows::derive_metrics() {
  const std::vector<std::string> classes = names_behind(table_, probability);
  const auto has_label = [this](const std::string& name) { return has(table_, "label_" + name); };
  if (classes.empty()) {
    has_means_ = true;
  } else if (has(table_, "label")) {
    table_ = with_predictions(table_, classes);
    if (table_.size() > 0) metrics_ = class_metrics(classes);
  } else if (std::all_of(classes.begin(), classes.end(), has_label)) {
    table_ = with_several_predictions(table_, classes);
    if (table_.size() > 0) metrics_ = label_metrics(classes);
  } else {
    has_means_ = true;
  }
  // It has no interval in runs of those versions, so that the report of an old run does not change.
  std::erase_if(metrics_, [](const ImageMetric& metric) { return metric.name == "calibration_error"; });
}

std::optional<ImageFigure> ImageRows::mean_by_name(const std::string& metric) const {
  if (table_.find_numbers(metric)) return ImageFigure::mean({metric});
  // `assd` is the mean of the columns `assd_lungs` and `assd_heart`, without `assd_mm_lungs`.
  std::vector<std::string> columns;
  for (const std::string& column : table_.columns())
    if (column.starts_with(metric + "_") && !column.starts_with(metric + "_mm_") && table_.find_numbers(column)) columns.push_back(column);
  return columns.empty() ? std::nullopt : std::optional(ImageFigure::mean(columns));
}

std::optional<ImageFigure> ImageRows::figure(const std::string& metric) const {
  for (const ImageMetric& one : metrics_)
    if (one.name == metric) return one.figure;
  return has_means_ ? mean_by_name(metric) : std::nullopt;
}

std::optional<Statistic> ImageRows::statistic(const std::string& metric) const {
  const auto found = figure(metric);
  return found ? std::optional(found->of(table_)) : std::nullopt;
}

std::optional<double> ImageRows::value(const std::string& metric) const {
  const auto found = figure(metric);
  return found ? found->value(table_) : std::nullopt;
}

std::optional<std::int64_t> ImageRows::counted_patients(const std::string& metric) const {
  const auto found = figure(metric);
  const auto rows = found ? found->counted_rows(table_) : std::nullopt;
  if (!rows) return {};
  std::vector<char> counts(images_.size(), 0);
  for (const std::int64_t row : *rows) counts[static_cast<std::size_t>(row)] = 1;
  return std::count_if(patients_.begin(), patients_.end(), [&](const std::vector<std::int64_t>& of_patient) {
    return std::any_of(of_patient.begin(), of_patient.end(), [&](std::int64_t row) { return counts[static_cast<std::size_t>(row)]; });
  });
}

std::optional<double> ImageRows::value_of(const ImageFigure& figure) const {
  try {
    return figure.value(table_);
  } catch (const std::logic_error&) {
    return {};
  }
}

std::string ImageRows::positive_class() const { return leat::positive_class(metrics_); }

std::string ImageRows::patient_of(std::int64_t row) const {
  const bool has_groups = patients_.size() < images_.size();
  return !has_groups || patient_names_.empty() ? "" : patient_names_[static_cast<std::size_t>(row)];
}

bool ImageRows::has_column(const std::string& column) const { return has(table_, column); }

std::vector<std::string> ImageRows::classes() const {
  std::vector<std::string> out = names_behind(table_, probability);
  const auto is_judged = [this](const std::string& name) { return has_column("label_" + name) && has_column("prediction_" + name); };
  const bool has_one_each = has_column("label") && has_column("prediction");
  if (!has_one_each && !std::all_of(out.begin(), out.end(), is_judged)) out.clear();
  return out;
}

std::optional<double> ImageRows::majority_share() const {
  if (!has(table_, "label") || !has(table_, "prediction") || table_.size() == 0) return {};
  std::map<std::string, double> counts;
  double most = 0;
  for (const std::string& label : table_.texts("label")) most = std::max(most, ++counts[label]);
  return most / static_cast<double>(table_.size());
}

}  // namespace leat::report
