#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/report.h"

namespace leat::report {

/// `0.954`, `1.230`, `500`, `2.0e-05`: three decimals below 10, whole numbers from there on as such; `-` for one that is not known.
[[nodiscard]] std::string number_words(double number, bool is_signed = false);
/// `1,966,627`
[[nodiscard]] std::string with_separators(std::int64_t number);
/// `0.954 [0.932, 0.971]`, or the figure alone.
[[nodiscard]] std::string interval_words(const Interval& interval, bool is_signed = false);
[[nodiscard]] bool has_ends(const Interval& interval);

/// `AUC` of `auc`.
[[nodiscard]] std::string metric_words(const std::string& metric);

/// `SUBJECT (a − b, paired by image): accuracy +0.088 [+0.060, +0.116], …`, and what of that is certain: an interval with 0 in it shows no
/// change. Empty where nothing was measured.
[[nodiscard]] std::string worth_sentence(const std::string& subject, const std::vector<ReportDifference>& differences, bool has_seeds);

/// `4 min 31 s`.
[[nodiscard]] std::string duration_words(double seconds);
/// `97 %` of a share.
[[nodiscard]] std::string percent_words(double share);

}  // namespace leat::report
