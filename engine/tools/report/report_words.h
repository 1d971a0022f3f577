#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "leat/report.h"

namespace leat::report {

/// What each report says of its use.
constexpr const char* use_words = "For research: Leat is not a medical device.";

/// Why an interval over seeds and patients can be the narrower one.
constexpr const char* narrower_words =
    "With few seeds, an interval over seeds and patients can be narrower than one over seeds alone, because the patients add degrees of "
    "freedom.";

/// Returns a number in words: `0.954`, `1.230`, `500`, `2.0e-05`. It has three decimals below 10; from 10 on, whole numbers have none. `-`:
/// not known.
[[nodiscard]] std::string number_words(double number, bool is_signed = false);
/// Returns a p-value in words. It comes from 2,000 draws, or from a model of the seeds, so values below 0.001 are `<0.001`.
[[nodiscard]] std::string p_words(double p);
/// Returns a number with separators: `1,966,627`.
[[nodiscard]] std::string with_separators(std::int64_t number);
/// Returns `0.954 [0.932, 0.971]`, or the value alone if there is no interval.
[[nodiscard]] std::string interval_words(const Interval& interval, bool is_signed = false);
[[nodiscard]] bool has_ends(const Interval& interval);

/// Returns a metric's name for readers: `AUC` for `auc`.
[[nodiscard]] std::string metric_words(const std::string& metric);

/// Returns `On PHASE, OURS differed from THEIRS by: accuracy +0.088 [+0.060, +0.116], … (1 training run, seed 7, …).`, then
/// which metrics were higher or lower. An interval that includes 0 shows no difference. Empty: there are no differences.
[[nodiscard]] std::string observed_sentence(const std::string& ours, const std::vector<ReportDifference>& differences,
                                            const std::vector<std::uint64_t>& seeds);

/// Returns the same differences on another phase, and for which metrics the sign is the other way there. Empty: there are none.
[[nodiscard]] std::string elsewhere_sentence(const std::vector<ReportDifference>& here, const std::vector<ReportDifference>& elsewhere);

/// Returns how many intervals there are, how many leave out 0, and that some do so by chance. Empty: there are fewer than two.
[[nodiscard]] std::string chance_words(const std::vector<ReportDifference>& differences);

/// Returns a sentence that names the positive class, or the classes with their places if there are several; empty: there is none.
[[nodiscard]] std::string positive_class_sentence(const std::map<std::string, std::vector<std::string>>& places_of_class);

/// Returns what the mark `W` means; empty if no metric has such an interval.
[[nodiscard]] std::string wilson_words(const Report& report);

/// Returns the method of a report's intervals; empty if it has no intervals.
[[nodiscard]] std::string method_words(const Report& report);

/// Returns a warning of intervals over fewer than `few_clusters` patients, by their numbers (0: not over patients) in places such as
/// phases; empty: there are none. `noun` is `patient` or `image`.
[[nodiscard]] std::string few_words(const std::map<std::string, std::int64_t>& patients_of, const std::string& noun);
[[nodiscard]] std::string few_words(const Report& report);

/// Returns a duration: `4 min 31 s`.
[[nodiscard]] std::string duration_words(double seconds);
/// Returns a fraction in percent: `97 %`.
[[nodiscard]] std::string percent_words(double share);

}  // namespace leat::report
