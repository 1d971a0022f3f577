#include "metric/classification_scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "leat/statistics.h"

namespace leat {

namespace {

constexpr int bins = 15;

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

double ratio(double part, double whole) { return whole > 0 ? part / whole : undefined; }

/// One class against the rest.
struct Counts {
  double right_yes = 0, wrong_yes = 0, right_no = 0, wrong_no = 0;

  void add(bool is_said, bool is_true) { ++(is_said ? (is_true ? right_yes : wrong_yes) : (is_true ? wrong_no : right_no)); }
  [[nodiscard]] double all() const { return right_yes + wrong_yes + right_no + wrong_no; }
  [[nodiscard]] double recall() const { return ratio(right_yes, right_yes + wrong_no); }
  [[nodiscard]] double specificity() const { return ratio(right_no, right_no + wrong_yes); }
  [[nodiscard]] double f1() const { return ratio(2 * right_yes, 2 * right_yes + wrong_yes + wrong_no); }
  [[nodiscard]] bool has_yes() const { return right_yes + wrong_no > 0; }
  [[nodiscard]] bool has_no() const { return right_no + wrong_yes > 0; }
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return ratio(sum, static_cast<double>(values.size()));
}

/// Mean recall of what occurs.
double balanced_accuracy(const Counts& counts) {
  std::vector<double> recalls;
  if (counts.has_yes()) recalls.push_back(counts.recall());
  if (counts.has_no()) recalls.push_back(counts.specificity());
  return mean(recalls);
}

double auc(const ClassifiedSamples& samples, std::int64_t index, const std::vector<std::uint8_t>& positives) {
  std::vector<double> scores;
  for (std::size_t k = 0; k < samples.size(); ++k) scores.push_back(samples.probability(k, index));
  return area_under_roc(scores, positives).value_or(undefined);
}

std::int64_t predicted(const ClassifiedSamples& samples, std::size_t sample) {
  const auto begin = samples.probabilities.begin() + static_cast<std::ptrdiff_t>(sample) * samples.classes;
  return std::max_element(begin, begin + samples.classes) - begin;
}

}  // namespace

void ClassifiedSamples::save(Archive& archive, const std::string& name) const {
  archive.put(name + ".classes", classes);
  images.save(archive, name);
  archive.put(name + ".labels", std::span<const std::int64_t>(labels));
  archive.put(name + ".probabilities", std::span<const double>(probabilities));
  archive.put(name + ".dropped", dropped);
}

void ClassifiedSamples::load(const Archive& archive, const std::string& name) {
  classes = archive.whole(name + ".classes");
  images.load(archive, name);
  labels = archive.wholes(name + ".labels");
  probabilities = archive.numbers(name + ".probabilities");
  dropped = archive.whole(name + ".dropped");
}

double calibration_error(const std::vector<double>& confidences, const std::vector<bool>& are_right) {
  std::array<double, bins> confidence{}, right{};
  for (std::size_t k = 0; k < confidences.size(); ++k) {
    const auto bin = static_cast<std::size_t>(std::clamp(static_cast<int>(std::ceil(confidences[k] * bins)) - 1, 0, bins - 1));
    confidence[bin] += confidences[k];
    right[bin] += are_right[k] ? 1 : 0;
  }
  double sum = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) sum += std::abs(right[bin] - confidence[bin]);
  return ratio(sum, static_cast<double>(confidences.size()));
}

NamedNumbers classification_scores(const ClassifiedSamples& samples, const std::vector<std::string>& names) {
  std::vector<Counts> counts(static_cast<std::size_t>(samples.classes));
  std::vector<double> confidences;
  std::vector<bool> are_right;
  for (std::size_t k = 0; k < samples.size(); ++k) {
    const std::int64_t said = predicted(samples, k);
    for (std::int64_t c = 0; c < samples.classes; ++c) counts[static_cast<std::size_t>(c)].add(said == c, samples.labels[k] == c);
    confidences.push_back(samples.probability(k, said));
    are_right.push_back(said == samples.labels[k]);
  }
  std::vector<double> recalls, areas;
  for (std::int64_t c = samples.classes == 2 ? 1 : 0; c < samples.classes; ++c) {
    std::vector<std::uint8_t> positives;
    for (const std::int64_t label : samples.labels) positives.push_back(label == c);
    areas.push_back(auc(samples, c, positives));
  }
  for (const Counts& of_class : counts)
    if (of_class.has_yes()) recalls.push_back(of_class.recall());

  NamedNumbers out{
      {"accuracy", ratio(static_cast<double>(std::count(are_right.begin(), are_right.end(), true)), static_cast<double>(samples.size()))},
      {"balanced_accuracy", mean(recalls)},
      {"auc", mean(areas)},
      {"calibration_error", calibration_error(confidences, are_right)}};
  for (std::size_t c = 0; c < counts.size(); ++c) out.emplace_back("f1_" + names[c], counts[c].f1());
  if (samples.classes == 2) {
    out.emplace_back("sensitivity", counts[1].recall());
    out.emplace_back("specificity", counts[1].specificity());
    out.emplace_back("positive_share", ratio(counts[1].right_yes + counts[1].wrong_yes, counts[1].all()));
  }
  return out;
}

NamedNumbers multi_label_scores(const ClassifiedSamples& samples, const std::vector<std::string>& names) {
  NamedNumbers each;
  std::vector<double> accuracies, balanced, areas, calibrations;
  for (std::int64_t c = 0; c < samples.classes; ++c) {
    Counts counts;
    std::vector<std::uint8_t> positives;
    std::vector<double> confidences;
    std::vector<bool> are_right;
    for (std::size_t k = 0; k < samples.size(); ++k) {
      const double probability = samples.probability(k, c);
      const bool is_said = probability > 0.5;
      const bool is_true = samples.labels[k * static_cast<std::size_t>(samples.classes) + static_cast<std::size_t>(c)] != 0;
      counts.add(is_said, is_true);
      positives.push_back(is_true);
      confidences.push_back(std::max(probability, 1 - probability));
      are_right.push_back(is_said == is_true);
    }
    accuracies.push_back(ratio(counts.right_yes + counts.right_no, counts.all()));
    balanced.push_back(balanced_accuracy(counts));
    areas.push_back(auc(samples, c, positives));
    calibrations.push_back(calibration_error(confidences, are_right));
    const std::string& name = names[static_cast<std::size_t>(c)];
    each.insert(each.end(), {{"accuracy_" + name, accuracies.back()},
                             {"balanced_accuracy_" + name, balanced.back()},
                             {"auc_" + name, areas.back()},
                             {"f1_" + name, counts.f1()},
                             {"sensitivity_" + name, counts.recall()},
                             {"specificity_" + name, counts.specificity()},
                             {"positive_share_" + name, ratio(counts.right_yes + counts.wrong_yes, counts.all())}});
  }
  NamedNumbers out{{"accuracy", mean(accuracies)},
                   {"balanced_accuracy", mean(balanced)},
                   {"auc", mean(areas)},
                   {"calibration_error", mean(calibrations)}};
  out.insert(out.end(), each.begin(), each.end());
  return out;
}

}  // namespace leat
