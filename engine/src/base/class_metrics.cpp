#include "leat/class_metrics.h"

#include <algorithm>
#include <stdexcept>

namespace leat {

namespace {

using Figure = ImageFigure;
using Is = ImageFigure::Is;

/// One class against the rest.
struct OneClass {
  std::string label;
  std::string prediction;
  std::string score;
  std::string yes;

  [[nodiscard]] Is truth() const { return {label, yes}; }
  [[nodiscard]] Is said() const { return {prediction, yes}; }
  [[nodiscard]] Figure recall() const { return Figure::share(said(), truth()); }
  [[nodiscard]] Figure auc() const { return Figure::auc(score, truth()); }
};

OneClass class_of(const std::string& name) { return {"label", "prediction", "probability_" + name, name}; }
OneClass label_of(const std::string& name) { return {"label_" + name, "prediction_" + name, "probability_" + name, "1"}; }

void check_counts(std::size_t names, std::size_t given, const char* what) {
  if (names != given)
    throw std::logic_error("there are " + std::to_string(given) + " " + what + " for " + std::to_string(names) + " classes");
}

}  // namespace

std::vector<ImageTable::Field> class_fields(const std::vector<std::string>& classes, std::size_t label,
                                            std::span<const double> probabilities) {
  check_counts(classes.size(), probabilities.size(), "probabilities");
  if (label >= classes.size()) throw std::logic_error("there is no class " + std::to_string(label));
  const auto most = std::max_element(probabilities.begin(), probabilities.end());
  std::vector<ImageTable::Field> out{
      {"label", classes[label]}, {"prediction", classes[static_cast<std::size_t>(most - probabilities.begin())]}, {"confidence", *most}};
  for (std::size_t c = 0; c < classes.size(); ++c) out.emplace_back("probability_" + classes[c], probabilities[c]);
  return out;
}

std::vector<ImageMetric> class_metrics(const std::vector<std::string>& classes) {
  std::vector<Figure> recalls, areas;
  for (const std::string& name : classes) recalls.push_back(class_of(name).recall());
  for (std::size_t c = classes.size() == 2 ? 1 : 0; c < classes.size(); ++c) areas.push_back(class_of(classes[c]).auc());
  std::vector<ImageMetric> out{{"accuracy", Figure::agreement("label", "prediction")},
                               {"balanced_accuracy", Figure::mean_of(recalls, Figure::Undefined::IsLeftOut)},
                               {"auc", Figure::mean_of(areas)},
                               {"calibration_error", Figure::calibration_error("confidence", "label", "prediction")}};
  for (const std::string& name : classes) out.emplace_back("f1_" + name, Figure::f1(class_of(name).truth(), class_of(name).said()));
  if (classes.size() == 2) {
    out.emplace_back("sensitivity", recalls[1]);
    out.emplace_back("specificity", recalls[0]);
    out.emplace_back("positive_share", Figure::share(class_of(classes[1]).said()));
  }
  return out;
}

std::vector<ImageTable::Field> label_fields(const std::vector<std::string>& names, std::span<const std::int64_t> labels,
                                            std::span<const double> probabilities) {
  check_counts(names.size(), labels.size(), "labels");
  check_counts(names.size(), probabilities.size(), "probabilities");
  std::vector<ImageTable::Field> out;
  for (std::size_t c = 0; c < names.size(); ++c)
    out.emplace_back("label_" + names[c], std::string(labels[c] < 0 ? "" : labels[c] != 0 ? "1" : "0"));
  for (std::size_t c = 0; c < names.size(); ++c) {
    const bool is_said = probabilities[c] > 0.5;
    out.emplace_back("prediction_" + names[c], std::string(is_said ? "1" : "0"));
    out.emplace_back("confidence_" + names[c], std::max(probabilities[c], 1 - probabilities[c]));
  }
  for (std::size_t c = 0; c < names.size(); ++c) out.emplace_back("probability_" + names[c], probabilities[c]);
  return out;
}

std::vector<ImageMetric> label_metrics(const std::vector<std::string>& names) {
  std::vector<Figure> accuracies, balanced, areas, calibrations;
  std::vector<ImageMetric> each;
  for (const std::string& name : names) {
    const OneClass one = label_of(name);
    const Figure specificity = Figure::share({one.prediction, "0"}, {one.label, "0"});
    accuracies.push_back(Figure::agreement(one.label, one.prediction));
    balanced.push_back(Figure::mean_of({one.recall(), specificity}, Figure::Undefined::IsLeftOut));
    areas.push_back(one.auc());
    calibrations.push_back(Figure::calibration_error("confidence_" + name, one.label, one.prediction));
    each.insert(each.end(), {{"accuracy_" + name, accuracies.back()},
                             {"balanced_accuracy_" + name, balanced.back()},
                             {"auc_" + name, areas.back()},
                             {"f1_" + name, Figure::f1(one.truth(), one.said())},
                             {"sensitivity_" + name, one.recall()},
                             {"specificity_" + name, specificity},
                             {"positive_share_" + name, Figure::share_of_known(one.said(), one.label)}});
  }
  // A finding that is known in no image has none of these. It is left out of the means, except that of the areas: there it would also hide
  // a finding of which only one answer occurs.
  std::vector<ImageMetric> out{{"accuracy", Figure::mean_of(accuracies, Figure::Undefined::IsLeftOut)},
                               {"balanced_accuracy", Figure::mean_of(balanced, Figure::Undefined::IsLeftOut)},
                               {"auc", Figure::mean_of(areas)},
                               {"calibration_error", Figure::mean_of(calibrations, Figure::Undefined::IsLeftOut)}};
  out.insert(out.end(), each.begin(), each.end());
  return out;
}

}  // namespace leat
