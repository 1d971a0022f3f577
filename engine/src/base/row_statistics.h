#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace leat {

// Figures of some rows of a table; a row may occur several times. Sums are taken in the rows' order, so that a figure of all rows has the
// same bits for a node and for a report.

using Items = std::span<const std::int64_t>;
using Flags = std::vector<std::uint8_t>;  ///< 0 or 1, a row each.

/// Nothing where `whole` is 0.
[[nodiscard]] std::optional<double> ratio_of(double part, double whole);
/// How many rows have the flag.
[[nodiscard]] double count_of(const Flags& flags, Items items);
/// The mean of the means of some columns, without unknown numbers (NaN) and without columns that have no other.
[[nodiscard]] std::optional<double> mean_of_columns(const std::vector<std::vector<double>>& columns, Items items);

struct Summand {
  std::vector<double> numbers;  ///< Empty: 1 in each row.
  double factor = 1;
};
/// Row by row. An unknown number (NaN) adds nothing.
[[nodiscard]] double sum_of(const std::vector<Summand>& summands, Items items);

/// The area under the ROC curve of the rows that are known.
[[nodiscard]] std::optional<double> area_of(const std::vector<double>& scores, const Flags& positives, const Flags& known, Items items);

/// Guo et al., ICML 2017: 15 bins of equal width over the confidence, each with its upper end.
[[nodiscard]] std::optional<double> calibration_error_of(const std::vector<double>& confidences, const Flags& are_right, Items items);

}  // namespace leat
