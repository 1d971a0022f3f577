#include "report/page_tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "report/image_curves.h"
#include "report/image_scores.h"
#include "report/intensities.h"

namespace leat::report {

namespace {

using nlohmann::json;

/// Widest distance of a drawn ROC curve from the exact one, as a fraction of its axes.
constexpr double roc_width = 0.002;

/// A run's folder can hold masks of all images. A page has those of so many worst images in each order that it offers, in all tables of the
/// phase.
constexpr std::size_t worst_images = 24;
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
constexpr std::string_view mask_digits = "0123456789x ";

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
  for (const ReliabilityBin& bin : reliability(probabilities, are_true)) {
    const auto number = [&](double value) { return bin.count > 0 ? short_number(value) : json(); };
    bins.push_back({bin.count, number(bin.probability), number(bin.fraction), number(bin.low), number(bin.high)});
  }
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

/// Removes the rows whose label is unknown, which is an empty text.
void leave_out_unknown(std::vector<std::string>& labels, std::vector<std::string>& predictions, std::vector<double>& scores) {
  std::size_t kept = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row].empty()) continue;
    std::swap(labels[kept], labels[row]);
    std::swap(predictions[kept], predictions[row]);
    scores[kept++] = scores[row];
  }
  labels.resize(kept);
  predictions.resize(kept);
  scores.resize(kept);
}

/// Adds what is known of images that can have several labels.
void add_labels(json& out, const ImageTable& table, const std::vector<std::string>& names) {
  out["labels"] = names;
  out["confusion"] = out["roc"] = out["reliability"] = out["probabilities"] = json::array();
  for (const std::string& name : names) {
    std::vector<std::string> labels = table.texts("label_" + name), predictions = table.texts("prediction_" + name);
    std::vector<double> scores = *table.find_numbers("probability_" + name);
    out["probabilities"].push_back(numbers_of(scores));
    leave_out_unknown(labels, predictions, scores);
    const std::vector<std::uint8_t> truth = are(labels, "1");
    out["confusion"].push_back({{"of", name}, {"counts", confusion(places(labels, {"0", "1"}), places(predictions, {"0", "1"}), 2)}});
    out["roc"].push_back(roc_of(name, scores, truth, are(predictions, "1")));
    out["reliability"].push_back(reliability_of(name, scores, truth));
  }
}

bool has_column(const ImageTable& table, const std::string& column) {
  const std::vector<std::string> columns = table.columns();
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

}  // namespace

json short_number(double number) {
  if (!std::isfinite(number)) return nullptr;
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", number);
  return std::strtod(text, nullptr);
}

void PageTables::begin(const FinishedRun& run, const MeasuredPhase& phase) {
  shown_.clear();
  pictured_.clear();
  if (!choice_.has_masks) return;
  const std::string prefix = phase.name + ".";
  // The order of one table can show what another table kept of the same images.
  std::set<std::string> kept;
  for (const auto& [place, rows] : run.images) {
    if (!place.starts_with(prefix) || !has_column(rows.table(), "picture_from")) continue;
    const std::vector<std::string> from = rows.table().texts("picture_from");
    for (std::size_t row = 0; row < from.size(); ++row)
      if (!from[row].empty()) kept.insert(rows.identity(row));
  }
  for (const auto& [place, rows] : run.images) {
    if (!place.starts_with(prefix)) continue;
    std::vector<std::vector<std::size_t>> orders;
    if (!rows.classes().empty()) orders.push_back(least_probable_first(rows));
    for (const ImageScore& score : scores_of(run, phase.name, place.substr(prefix.size()), rows))
      orders.push_back(lowest_first(score.values));
    for (const std::vector<std::size_t>& order : orders) {
      std::size_t taken = 0;
      for (std::size_t k = 0; k < order.size() && taken < worst_images; ++k) {
        const std::string image = rows.identity(order[k]);
        if (!kept.contains(image)) continue;
        shown_.insert(image);
        ++taken;
      }
    }
  }
}

void PageTables::add_kept(json& out, const ImageRows& rows) {
  const ImageTable& table = rows.table();
  if (!has_column(table, "picture_from")) return;
  const std::vector<std::string> from = table.texts("picture_from");
  std::vector<std::size_t> chosen;
  for (std::size_t row = 0; row < from.size(); ++row) {
    if (from[row].empty() || !shown_.contains(rows.identity(row))) continue;
    if (from[row] == "drawn" || choice_.has_pictures) chosen.push_back(row);
    else has_left_out_ = true;
  }
  if (chosen.empty()) return;
  // Only a text of this form gets onto the page, whoever has written the table.
  const auto texts_of = [&](const std::string& column, std::string_view allowed) {
    const std::vector<std::string> texts = table.texts(column);
    json list = json::array();
    for (const std::size_t row : chosen) list.push_back(texts[row].find_first_not_of(allowed) == std::string::npos ? texts[row] : "");
    return list;
  };
  json kept{{"rows", chosen}};
  const std::string predicted = "mask_predicted", reference = "mask_reference";
  for (const std::string& column : table.columns()) {
    if (!column.starts_with(reference)) continue;
    const std::string end = column.substr(reference.size());
    json mask{{"of", end.empty() ? "" : end.substr(1)}, {"reference", texts_of(column, mask_digits)}};
    if (has_column(table, predicted + end)) mask["predicted"] = texts_of(predicted + end, mask_digits);
    kept["masks"].push_back(std::move(mask));
  }
  if (has_column(table, predicted) || (kept.contains("masks") && kept["masks"][0].contains("predicted"))) kept_masks_ += chosen.size();
  if (has_column(table, "saliency")) {
    kept["saliency"] = texts_of("saliency", base64_digits);
    saliency_maps_ += chosen.size();
  }
  if (has_column(table, "picture")) {
    kept["pictures"] = texts_of("picture", base64_digits);
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      json& picture = kept["pictures"][k];
      if (picture == "") continue;
      if (pictured_.insert(rows.identity(chosen[k])).second) ++(from[chosen[k]] == "drawn" ? drawn_pictures_ : pictures_from_files_);
      else picture = "";
    }
  }
  out["kept"] = std::move(kept);
}

json PageTables::intensities(const ImageRows& rows) {
  const auto found = intensities_of(rows.table());
  if (!found || !choice_.has_masks) return nullptr;
  json out{{"images", found->images},
           {"mean", numbers_of(found->mean)},
           {"low", numbers_of(found->low)},
           {"high", numbers_of(found->high)},
           {"picture", ""}};
  if (found->picture.empty() || found->picture.find_first_not_of(base64_digits) != std::string::npos) return out;
  if (!found->is_drawn && !choice_.has_pictures) {
    out["is_hidden"] = true;
    return out;
  }
  ++(found->is_drawn ? drawn_pictures_ : pictures_from_files_);
  out["picture"] = found->picture;
  return out;
}

std::size_t PageTables::row_set(const ImageRows& rows) {
  json images = json::array(), labels = json::array();
  std::vector<std::int64_t> patients(rows.images().size(), 0);
  for (std::size_t row = 0; row < rows.images().size(); ++row) {
    images.push_back(names_.image(rows.images()[row], rows.identity(row)));
    has_unidentified_ = has_unidentified_ || !rows.is_identified(row);
  }
  // A table whose patients all have one image says nothing about patients.
  const bool has_patients = rows.patients().size() < rows.images().size();
  if (has_patients)
    for (const std::vector<std::int64_t>& of_patient : rows.patients()) {
      const std::string patient = rows.patient_of(of_patient[0]);
      const std::int64_t number = names_.patient(patient, rows.source().name + "\n" + patient);
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
  out["scores"] = json::array();
  for (const ImageScore& score : scores_of(run, phase, node, rows)) {
    const Measured* measured = run.find(phase, node, score.column);
    if (!choice_.has_all_columns && !(measured && measured->headline >= 0)) continue;
    out["columns"][score.column] = numbers_of(score.values);
    out["scores"].push_back(score.column);
  }
  if (!choice_.has_all_columns) return;
  for (const std::string& column : rows.table().columns()) {
    const std::vector<double>* numbers = rows.table().find_numbers(column);
    const bool is_judged = column == "label" || column == "prediction" || column == "confidence" || column.starts_with("label_") ||
                           column.starts_with("prediction_") || column.starts_with("confidence_") || column.starts_with("probability_");
    if (numbers && !is_judged) out["columns"][column] = numbers_of(*numbers);
  }
}

json PageTables::table(const FinishedRun& run, const MeasuredPhase& phase, const std::string& node, const ImageRows& rows) {
  json out{{"phase", phase.name}, {"node", node}, {"rows", row_set(rows)}};
  const std::vector<std::string> classes = rows.classes();
  if (rows.has_labels()) add_labels(out, rows.table(), classes);
  else if (!classes.empty()) add_classes(out, rows.table(), classes);
  add_numbers(out, run, phase.name, node, rows);
  if (choice_.has_masks) add_kept(out, rows);
  return out;
}

}  // namespace leat::report
