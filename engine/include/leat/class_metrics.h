#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "leat/image_table.h"

namespace leat {

// Table columns and metrics of classifiers, for metric.classification and for reports of its tables.

/// Returns the fields of an image with one of these classes: `label`, `prediction` (the most probable class; if several are equal, the
/// first), `confidence` (its probability), and `probability_<class>` for each class. Throws std::logic_error if the numbers do not match
/// the classes.
[[nodiscard]] std::vector<ImageTable::Field> class_fields(const std::vector<std::string>& classes, std::size_t label,
                                                          std::span<const double> probabilities);

/// Returns accuracy, balanced_accuracy (mean recall of the classes that occur), auc (of more than two classes: the mean over classes, each
/// against the rest), calibration_error and f1_<class>. With two classes, also sensitivity and specificity (the last class is positive) and
/// positive_share (fraction of positive predictions). Values are those of scikit-learn, but undefined if a denominator is 0; auc is
/// undefined if a class does not occur.
[[nodiscard]] std::vector<ImageMetric> class_metrics(const std::vector<std::string>& classes);

/// Returns the fields of an image that can have several of these labels. For each: `label_<name>` (0 or 1; empty if it is unknown, -1),
/// `prediction_<name>` (1 above 0.5), `confidence_<name>` (the probability of the prediction) and `probability_<name>`.
[[nodiscard]] std::vector<ImageTable::Field> label_fields(const std::vector<std::string>& names, std::span<const std::int64_t> labels,
                                                          std::span<const double> probabilities);

/// Returns accuracy_, balanced_accuracy_, auc_, f1_, sensitivity_, specificity_ and positive_share_<name>, each of the images in which the
/// label is known, and the means over names of the first three and of the calibration error. A label that is known in no image is left out
/// of the means, but leaves that of the areas undefined.
[[nodiscard]] std::vector<ImageMetric> label_metrics(const std::vector<std::string>& names);

}  // namespace leat
