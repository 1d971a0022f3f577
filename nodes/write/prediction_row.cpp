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
  for (const std::string& name : classes_) out += ',' + csv_field("probability_" + name);
  for (const std::string& name : masks_) out += ',' + csv_field("mask_" + name);
  return out + ",warnings\n";
}

std::string PredictionTable::class_of(const std::vector<float>& probabilities) const {
  if (probabilities.empty()) return {};
  if (!is_multi_label_)
    return classes_[static_cast<std::size_t>(std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin())];
  std::string out;
  for (std::size_t k = 0; k < probabilities.size(); ++k)
    if (probabilities[k] > 0.5f) out += (out.empty() ? "" : ";") + classes_[k];
  return out;
}

std::string PredictionTable::row(const Prediction& prediction) const {
  if (!prediction.probabilities.empty() && prediction.probabilities.size() != classes_.size())
    throw std::runtime_error(std::to_string(prediction.probabilities.size()) + " probabilities for " + std::to_string(classes_.size()) +
                             " classes");
  std::string out = csv_field(prediction.image) + ',' + csv_field(prediction.status) + ',' + csv_field(class_of(prediction.probabilities));
  for (std::size_t k = 0; k < classes_.size(); ++k)
    out += ',' + (prediction.probabilities.empty() ? std::string() : six_digits(prediction.probabilities[k]));
  for (std::size_t k = 0; k < masks_.size(); ++k) out += ',' + (prediction.masks.empty() ? std::string() : csv_field(prediction.masks[k]));
  std::string warnings;
  for (const std::string& warning : prediction.warnings) warnings += (warnings.empty() ? "" : "; ") + warning;
  return out + ',' + csv_field(warnings) + '\n';
}

}  // namespace leat
