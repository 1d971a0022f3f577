#include "write/prediction_row.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "leat/csv.h"

namespace leat {

namespace {

std::string six_digits(float value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6f", static_cast<double>(value));
  return text;
}

}  // namespace

std::string PredictionTable::header() const {
  std::string out = "image,status,class";
  for (const std::string& name : columns_.classes) out += ',' + csv_field("probability_" + name);
  for (const std::string& name : columns_.masks) out += ',' + csv_field("mask_" + name);
  if (columns_.has_disagreement && !columns_.is_multi_label) out += ",disagreement";
  if (columns_.has_disagreement && columns_.is_multi_label)
    for (const std::string& name : columns_.classes) out += ',' + csv_field("disagreement_" + name);
  if (columns_.has_mask_disagreement)
    for (const std::string& name : columns_.masks) out += ',' + csv_field("disagreement_mask_" + name);
  return out + ",warnings\n";
}

std::string PredictionTable::disagreement_of(const Prediction& prediction) const {
  std::string out;
  const std::vector<float>& of_classes = prediction.disagreement;
  if (columns_.has_disagreement && !columns_.is_multi_label) {
    const auto most = std::max_element(prediction.probabilities.begin(), prediction.probabilities.end());
    out += ',' + (of_classes.empty() ? "" : six_digits(of_classes[static_cast<std::size_t>(most - prediction.probabilities.begin())]));
  }
  if (columns_.has_disagreement && columns_.is_multi_label)
    for (std::size_t k = 0; k < columns_.classes.size(); ++k) out += ',' + (of_classes.empty() ? "" : six_digits(of_classes[k]));
  if (columns_.has_mask_disagreement)
    for (std::size_t k = 0; k < columns_.masks.size(); ++k)
      out += ',' + (prediction.mask_disagreement.empty() ? "" : six_digits(prediction.mask_disagreement[k]));
  return out;
}

std::string PredictionTable::class_of(const std::vector<float>& probabilities) const {
  if (probabilities.empty()) return {};
  if (!columns_.is_multi_label)
    return columns_.classes[static_cast<std::size_t>(std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin())];
  std::string out;
  for (std::size_t k = 0; k < probabilities.size(); ++k)
    if (probabilities[k] > 0.5f) out += (out.empty() ? "" : ";") + columns_.classes[k];
  return out;
}

std::string PredictionTable::row(const Prediction& prediction) const {
  if (!prediction.probabilities.empty() && prediction.probabilities.size() != columns_.classes.size())
    throw std::runtime_error(std::to_string(prediction.probabilities.size()) + " probabilities for " +
                             std::to_string(columns_.classes.size()) + " classes");
  std::string out = csv_field(prediction.image) + ',' + csv_field(prediction.status) + ',' + csv_field(class_of(prediction.probabilities));
  for (std::size_t k = 0; k < columns_.classes.size(); ++k)
    out += ',' + (prediction.probabilities.empty() ? std::string() : six_digits(prediction.probabilities[k]));
  for (std::size_t k = 0; k < columns_.masks.size(); ++k)
    out += ',' + (prediction.masks.empty() ? std::string() : csv_field(prediction.masks[k]));
  out += disagreement_of(prediction);
  std::string warnings;
  for (const std::string& warning : prediction.warnings) warnings += (warnings.empty() ? "" : "; ") + warning;
  return out + ',' + csv_field(warnings) + '\n';
}

}  // namespace leat
