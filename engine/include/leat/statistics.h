#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "leat/random.h"

namespace leat {

/// A value with the ends of its interval. Unknown ends are NaN.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// Returns the exact area under the ROC curve; a tie counts half (Mann and Whitney). Returns nullopt if a class is missing. Scores are
/// finite; `positives` holds 0 or 1.
[[nodiscard]] std::optional<double> area_under_roc(std::span<const double> scores, std::span<const std::uint8_t> positives);

/// A statistic of the items in a list, in which an item can occur several times; nullopt if it is undefined.
using Statistic = std::function<std::optional<double>(std::span<const std::int64_t>)>;

/// Returns the percentile bootstrap (Efron and Tibshirani 1993, chapter 13): the statistic of all `count` items, and the ends of the middle
/// `level` of its values on lists drawn with replacement. Draw d depends on the key and d only. Draws with an undefined statistic are left
/// out. The ends are NaN if no draw has a defined statistic. They are NaN too if both would be the same value, as for 250 of 250 right
/// answers: draws of these items do not show how other items would differ.
[[nodiscard]] Interval bootstrap_interval(std::int64_t count, const Statistic& statistic, RandomKey key, int draws = 2000,
                                          double level = 0.95);

/// The same for clusters of items, such as a patient's images. Each draw takes whole clusters.
[[nodiscard]] Interval bootstrap_interval(std::span<const std::vector<std::int64_t>> clusters, const Statistic& statistic, RandomKey key,
                                          int draws = 2000, double level = 0.95);

/// Returns a fraction of `count` independent items with Wilson's score interval (Journal of the American Statistical Association 1927),
/// which has a width for a fraction of 0 or 1 too. The ends are NaN if there is no item.
[[nodiscard]] Interval wilson_interval(double share, double count, double level = 0.95);

/// Returns the mean of independent values (seeds) with Student's t interval. The ends are NaN for one value, and for equal values.
[[nodiscard]] Interval mean_interval(std::span<const double> values, double level = 0.95);

/// Returns the variance of a statistic over the draws of `bootstrap_interval`; nullopt if it is defined for fewer than two draws.
[[nodiscard]] std::optional<double> bootstrap_variance(std::span<const std::vector<std::int64_t>> clusters, const Statistic& statistic,
                                                       RandomKey key, int draws = 2000);

/// A difference a minus b with its interval. `p` is the two-sided probability of a difference at least this large
/// if the true difference is 0.
struct Difference {
  Interval interval;
  double p = 1;
};

/// Returns the mean of differences, one per training (seed), all evaluated on the same patients. Its variance is the variance of the mean
/// over seeds plus `patients_variance`, the variance of the mean difference over patients. Interval and p: Student's t with Satterthwaite's
/// degrees of freedom (Biometrics Bulletin 1946). With one seed, only `patients_variance` counts. If the variance is 0, the ends
/// and p are NaN.
[[nodiscard]] Difference mean_difference(std::span<const double> by_seed, double patients_variance, double level = 0.95);

/// Returns the p values of several hypotheses, corrected for all of them (Holm, Scandinavian Journal of Statistics 1979). NaN stays NaN and
/// does not count.
[[nodiscard]] std::vector<double> holm(std::span<const double> p);

/// Returns the quantile of Student's t with `freedom` degrees of freedom, for 0 < probability < 1.
[[nodiscard]] double student_t_quantile(double probability, double freedom);

/// Returns the quantile of sorted numbers for the fraction `share`, interpolated linearly (as numpy.quantile). `sorted` is not empty.
[[nodiscard]] double quantile(std::span<const double> sorted, double share);

}  // namespace leat
