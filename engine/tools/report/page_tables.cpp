#include "report/page_tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "report/image_curves.h"

namespace leat::report {

namespace {

using nlohmann::json;

/// Widest distance of a drawn ROC curve from the exact one, as a fraction of its axes.
constexpr double roc_width = 0.002;

/// A run's folder can hold masks of all images; a page has at most these of one table.
constexpr std::size_t most_masks = 400;
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

std::vector<std::uint8_t> are(const std::vector<std::string>& texts, const std::string& text) {
  std::vector<std::uint8_t> out;
  for (const std::string& one : texts) out.push_back(one == text);
  return out;
}

std::vector<std::size_t> places(const std::vector<std::string>& texts, const std::vector<std::string>& names) {
  std::vector<std::size_t> out;
  for (const std::string& one : texts) out.push_back(static_cast<std::size_t>(std::find(names.begin(), names.end(), one) - names.begin()));
  return out;
}

json roc_of(const std::string& name, const std::vector<double>& scores, const std::vector<std::uint8_t>& truth,
            const std::vector<std::uint8_t>& said) {
  json points = json::array();
  for (const RocPoint& point : thinned(roc_curve(scores, truth), roc_width))
    points.push_back({short_number(point.false_positives), short_number(point.true_positives)});
  double hits = 0, misses = 0, positive = 0;
  for (std::size_t k = 0; k < truth.size(); ++k) {
    positive += truth[k];
    if (said[k]) (truth[k] ? hits : misses) += 1;
  }
  const double negative = static_cast<double>(truth.size()) - positive;
  json at = nullptr;
  if (positive > 0 && negative > 0) at = {misses / negative, hits / positive};
  const auto area = area_under_roc(scores, truth);
  return {{"of", name}, {"points", points}, {"predicted", at}, {"area", area ? json(*area) : json()}};
}

json reliability_of(const std::string& name, const std::vector<double>& probabilities, const std::vector<std::uint8_t>& are_true) {
  json bins = json::array();
  for (const ReliabilityBin& bin : reliability(probabilities, are_true))
    bins.push_back({bin.count, short_number(bin.probability), short_number(bin.fraction), short_number(bin.low), short_number(bin.high)});
  return {{"of", name}, {"bins", bins}};
}

json numbers_of(const std::vector<double>& numbers) {
  json out = json::array();
  for (const double number : numbers) out.push_back(short_number(number));
  return out;
}

/// Adds what is known of images that have one class each.
void add_classes(json& out, const ImageTable& table, const std::vector<std::string>& classes) {
  const std::vector<std::string> labels = table.texts("label"), predictions = table.texts("prediction");
  out["classes"] = classes;
  out["predicted"] = places(predictions, classes);
  out["confusion"] =
      json::array({{{"of", ""}, {"counts", confusion(places(labels, classes), places(predictions, classes), classes.size())}}});
  out["roc"] = out["reliability"] = out["probabilities"] = json::array();
  for (std::size_t c = classes.size() == 2 ? 1 : 0; c < classes.size(); ++c) {
    const std::vector<double>& scores = *table.find_numbers("probability_" + classes[c]);
    out["probabilities"].push_back(numbers_of(scores));
    out["roc"].push_back(roc_of(classes[c], scores, are(labels, classes[c]), are(predictions, classes[c])));
    if (classes.size() == 2) out["reliability"].push_back(reliability_of(classes[c], scores, are(labels, classes[c])));
  }
  if (classes.size() == 2) return;
  std::vector<double> confidence;
  std::vector<std::uint8_t> are_right;
  const std::vector<std::size_t> said = places(predictions, classes);
  for (std::size_t k = 0; k < labels.size(); ++k) {
    confidence.push_back((*table.find_numbers("probability_" + classes[said[k]]))[k]);
    are_right.push_back(labels[k] == predictions[k]);
  }
  out["reliability"].push_back(reliability_of("", confidence, are_right));
}

/// Adds what is known of images that can have several labels.
void add_labels(json& out, const ImageTable& table, const std::vector<std::string>& names) {
  out["labels"] = names;
  out["confusion"] = out["roc"] = out["reliability"] = out["probabilities"] = json::array();
  for (const std::string& name : names) {
    const std::vector<std::string> labels = table.texts("label_" + name), predictions = table.texts("prediction_" + name);
    const std::vector<double>& scores = *table.find_numbers("probability_" + name);
    const std::vector<std::uint8_t> truth = are(labels, "1");
    out["probabilities"].push_back(numbers_of(scores));
    out["confusion"].push_back({{"of", name}, {"counts", confusion(places(labels, {"0", "1"}), places(predictions, {"0", "1"}), 2)}});
    out["roc"].push_back(roc_of(name, scores, truth, are(predictions, "1")));
    out["reliability"].push_back(reliability_of(name, scores, truth));
  }
}

}  // namespace

json short_number(double number) {
  if (!std::isfinite(number)) return nullptr;
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", number);
  return std::strtod(text, nullptr);
}

json PageTables::picture(const std::string& text) {
  const std::size_t space = std::min(text.find(' '), text.size());
  const bool is_drawn = text.substr(0, space) == "drawn";
  const std::string data = text.substr(std::min(space + 1, text.size()));
  if (data.empty() || data.find_first_not_of(base64_digits) != std::string::npos) return nullptr;
  if (!is_drawn && !choice_.has_pictures) {
    has_left_out_ = true;
    return nullptr;
  }
  ++(is_drawn ? drawn_pictures_ : pictures_from_files_);
  return data;
}

void PageTables::add_masks(json& out, const ImageTable& table) {
  const std::vector<std::string> columns = table.columns();
  const std::string predicted = "mask_predicted", reference = "mask_reference";
  std::vector<std::string> ends;
  for (const std::string& column : columns)
    if (column.starts_with(predicted)) ends.push_back(column.substr(predicted.size()));
  const auto has = [&](const std::string& column) { return std::find(columns.begin(), columns.end(), column) != columns.end(); };
  if (ends.empty() || !std::all_of(ends.begin(), ends.end(), [&](const std::string& end) { return has(reference + end); })) return;
  const std::vector<std::string> first = table.texts(predicted + ends[0]);
  const std::vector<std::string> pictures = has("picture") ? table.texts("picture") : std::vector<std::string>(first.size());
  json rows = json::array(), drawn = json::array(), masks = json::array();
  for (const std::string& end : ends)
    masks.push_back({{"of", end.empty() ? "" : end.substr(1)}, {"predicted", json::array()}, {"reference", json::array()}});
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < first.size(); ++row)
    if (!first[row].empty()) kept.push_back(row);
  if (const std::vector<double>* dice = table.find_numbers("dice"))
    std::stable_sort(kept.begin(), kept.end(), [&](std::size_t a, std::size_t b) { return (*dice)[a] < (*dice)[b]; });
  kept.resize(std::min(kept.size(), most_masks));
  for (const std::size_t row : kept) {
    rows.push_back(row);
    drawn.push_back(picture(pictures[row]));
  }
  kept_masks_ += kept.size();
  for (std::size_t c = 0; c < ends.size(); ++c)
    for (const char* kind : {"predicted", "reference"}) {
      const std::vector<std::string> texts = table.texts("mask_" + std::string(kind) + ends[c]);
      for (const json& row : rows) {
        const std::string& text = texts[row.get<std::size_t>()];
        masks[c][kind].push_back(text.find_first_not_of("0123456789x ") == std::string::npos ? text : "");
      }
    }
  if (!rows.empty()) out["kept"] = {{"rows", rows}, {"masks", masks}, {"pictures", drawn}};
}

std::size_t PageTables::row_set(const ImageRows& rows) {
  json images = json::array(), labels = json::array();
  std::vector<std::int64_t> patients(rows.images().size(), 0);
  for (const std::string& image : rows.images()) images.push_back(names_.image(image));
  // A table whose patients all have one image says nothing about patients.
  const bool has_patients = rows.patients().size() < rows.images().size();
  if (has_patients)
    for (const std::vector<std::int64_t>& of_patient : rows.patients()) {
      const std::int64_t number = names_.patient(rows.patient_of(of_patient[0]));
      for (const std::int64_t row : of_patient) patients[static_cast<std::size_t>(row)] = number;
    }
  const std::vector<std::string> classes = rows.classes();
  if (rows.has_labels())
    for (const std::string& name : classes) labels.push_back(places(rows.table().texts("label_" + name), {"0", "1"}));
  else if (!classes.empty()) labels.push_back(places(rows.table().texts("label"), classes));
  json set{{"images", images}, {"labels", labels}};
  if (has_patients) set["patients"] = patients;
  const auto [found, is_new] = known_.emplace(set.dump(), row_sets_.size());
  if (is_new) row_sets_.push_back(std::move(set));
  return found->second;
}

void PageTables::add_numbers(json& out, const FinishedRun& run, const std::string& phase, const std::string& node,
                             const ImageRows& rows) const {
  out["columns"] = json::object();
  for (const std::string& column : rows.table().columns()) {
    const std::vector<double>* numbers = rows.table().find_numbers(column);
    const bool is_judged = column == "label" || column == "prediction" || column == "confidence" || column.starts_with("label_") ||
                           column.starts_with("prediction_") || column.starts_with("confidence_") || column.starts_with("probability_");
    if (!numbers || is_judged) continue;
    const Measured* measured = run.find(phase, node, column);
    if (choice_.has_all_columns || (measured && measured->headline >= 0)) out["columns"][column] = numbers_of(*numbers);
  }
}

json PageTables::table(const FinishedRun& run, const MeasuredPhase& phase, const std::string& node, const ImageRows& rows) {
  json out{{"phase", phase.name}, {"node", node}, {"rows", row_set(rows)}};
  const std::vector<std::string> classes = rows.classes();
  if (rows.has_labels()) add_labels(out, rows.table(), classes);
  else if (!classes.empty()) add_classes(out, rows.table(), classes);
  add_numbers(out, run, phase.name, node, rows);
  if (choice_.has_masks) add_masks(out, rows.table());
  return out;
}

}  // namespace leat::report
