#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "leat/image_table.h"

namespace leat {

// What a classifier's answers are judged by. metric.classification and reports of its tables both have it from here.

/// The fields of an image that has one of these classes: `label`, `prediction` (the most probable class, the first of equal ones),
/// `confidence` (its probability), and `probability_<class>` of each. Throws std::logic_error where the numbers do not fit the classes.
[[nodiscard]] std::vector<ImageTable::Field> class_fields(const std::vector<std::string>& classes, std::size_t label,
                                                          std::span<const double> probabilities);

/// accuracy, balanced_accuracy (mean recall of the classes that occur), auc (of two classes; of more the mean of one against the rest),
/// calibration_error, f1_<class>, and with two classes sensitivity and specificity (the last is the positive one) and positive_share (that
/// of the predictions). As scikit-learn has them, but undefined where a denominator is 0; auc is undefined where a class does not occur.
[[nodiscard]] std::vector<ImageMetric> class_metrics(const std::vector<std::string>& classes);

/// The fields of an image that may have several of these labels: `label_<name>` (0 or 1), `prediction_<name>` (1 above .5),
/// `confidence_<name>` (the probability of the prediction) and `probability_<name>` of each.
[[nodiscard]] std::vector<ImageTable::Field> label_fields(const std::vector<std::string>& names, std::span<const std::int64_t> labels,
                                                          std::span<const double> probabilities);

/// accuracy_, balanced_accuracy_, auc_, f1_, sensitivity_, specificity_ and positive_share_<name>, and the means over names of the first
/// three and of the calibration error.
[[nodiscard]] std::vector<ImageMetric> label_metrics(const std::vector<std::string>& names);

}  // namespace leat
