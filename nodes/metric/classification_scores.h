#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "metric/judged_images.h"

namespace leat {

/// The samples that metric.classification has seen: a state. With several labels at once, `labels` has 0 or 1 for each sample and class,
/// else the class of each sample.
struct ClassifiedSamples {
  std::int64_t classes = 0;
  JudgedImages images;
  std::vector<std::int64_t> labels;
  std::vector<double> probabilities;  ///< Samples x classes.
  std::int64_t dropped = 0;

  [[nodiscard]] std::size_t size() const { return images.size(); }
  [[nodiscard]] double probability(std::size_t sample, std::int64_t index) const {
    return probabilities[sample * static_cast<std::size_t>(classes) + static_cast<std::size_t>(index)];
  }
  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);
};

using NamedNumbers = std::vector<std::pair<std::string, double>>;

/// accuracy, balanced_accuracy (mean recall of the classes that occur), auc (of two classes; of more the mean of one against the rest),
/// f1_<class>, calibration_error, and with two classes sensitivity and specificity (the last is the positive one) and positive_share (that
/// of the predictions). The prediction is the most probable class, the first of equal ones. As scikit-learn has them: 0 for a ratio
/// whose denominator is 0, and auc is not a number where a class does not occur.
[[nodiscard]] NamedNumbers classification_scores(const ClassifiedSamples& samples, const std::vector<std::string>& names);

/// For several labels at once: accuracy_, balanced_accuracy_, auc_, f1_, sensitivity_, specificity_ and positive_share_<class> at .5, and
/// the means over classes of the first three and of the calibration error.
[[nodiscard]] NamedNumbers multi_label_scores(const ClassifiedSamples& samples, const std::vector<std::string>& names);

/// Expected calibration error (Guo et al., ICML 2017): 15 bins of equal width over the probability of the predicted class, each with its
/// upper end.
[[nodiscard]] double calibration_error(const std::vector<double>& confidences, const std::vector<bool>& are_right);

}  // namespace leat
