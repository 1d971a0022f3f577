#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace leat::report {

/// A point of a ROC curve: the fractions of negative and positive images with at least this score.
struct RocPoint {
  double false_positives = 0;
  double true_positives = 0;
};

/// Returns the corners of the ROC curve from (0, 0) to (1, 1); images with equal scores are one step. Empty if a class is missing.
[[nodiscard]] std::vector<RocPoint> roc_curve(std::span<const double> scores, std::span<const std::uint8_t> positives);

/// Removes corners that lie less than `width` from the line between their kept neighbours. Keeps the first and the last.
[[nodiscard]] std::vector<RocPoint> thinned(const std::vector<RocPoint>& curve, double width);

/// Images whose probability lies in one of the bins of equal width; each bin includes its upper end, as in the calibration error.
struct ReliabilityBin {
  std::int64_t count = 0;
  double probability = 0;    ///< Mean over the images.
  double fraction = 0;       ///< Fraction of the images for which the prediction is true.
  double low = 0, high = 0;  ///< Wilson's 95 % CI of the fraction (Journal of the American Statistical Association 1927).
};
[[nodiscard]] std::vector<ReliabilityBin> reliability(std::span<const double> probabilities, std::span<const std::uint8_t> are_true,
                                                      std::size_t bins = 10);

/// Returns the counts of images by label (row) and prediction (column). Throws std::logic_error for a number that is not a class.
[[nodiscard]] std::vector<std::vector<std::int64_t>> confusion(std::span<const std::size_t> labels,
                                                               std::span<const std::size_t> predictions, std::size_t classes);

}  // namespace leat::report
