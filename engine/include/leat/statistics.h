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

/// Below this number of items or clusters, the quantiles of a bootstrap are not used, and intervals need a warning.
constexpr std::int64_t few_clusters = 10;

/// Returns the statistic of all `count` items with the ends of its expanded percentile bootstrap (Hesterberg, The American Statistician
/// 2015): quantiles of its values on lists drawn with replacement. Such values vary too little by the factor sqrt((n - 1) / n), and have
/// normal tails. So the quantiles are those that give Student's t interval with n - 1 degrees of freedom if the values are normal. For
/// fewer than `few_clusters` items the ends are Student's t on `bootstrap_variance`, which can lie beyond the bounds of the statistic.
/// Draw d depends on the key and d only. Draws with an undefined statistic are left out. The ends are NaN if no draw has a defined
/// statistic. They are NaN too if both would be the same value, as for 250 of 250 right answers: draws of these items do not show how
/// other items would differ.
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

/// Returns the variance of a statistic over the draws of `bootstrap_interval`, times n / (n - 1) for n clusters, which makes that of a mean
/// unbiased; nullopt for fewer than two clusters, or if it is defined for fewer than two draws.
[[nodiscard]] std::optional<double> bootstrap_variance(std::span<const std::vector<std::int64_t>> clusters, const Statistic& statistic,
                                                       RandomKey key, int draws = 2000);

/// A difference a minus b with its interval. `p` is the two-sided probability of a difference at least this large
/// if the true difference is 0.
struct Difference {
  Interval interval;
  double p = 1;
};

/// The variance of a statistic over patients, or over images where each is a patient of its own.
struct PatientsVariance {
  double variance = 0;
  std::int64_t patients = 0;  ///< At least two; 0: the variance is not known.
};

/// Returns the mean of differences, one per training (seed), all evaluated on the same patients. Its variance is the variance of the mean
/// over seeds, with seeds - 1 degrees of freedom, plus that over patients, with patients - 1. Interval and p: Student's t with
/// Satterthwaite's degrees of freedom of the sum (Biometrics Bulletin 1946). With one seed, only the patients count. If the variance is 0,
/// the ends and p are NaN.
[[nodiscard]] Difference mean_difference(std::span<const double> by_seed, const PatientsVariance& over_patients, double level = 0.95);

/// Returns the p values of several hypotheses, corrected for all of them (Holm, Scandinavian Journal of Statistics 1979). NaN stays NaN and
/// does not count.
[[nodiscard]] std::vector<double> holm(std::span<const double> p);

/// Returns the quantile of Student's t with `freedom` degrees of freedom, for 0 < probability < 1.
[[nodiscard]] double student_t_quantile(double probability, double freedom);

/// Returns the quantile of sorted numbers for the fraction `share`, interpolated linearly (as numpy.quantile). `sorted` is not empty.
[[nodiscard]] double quantile(std::span<const double> sorted, double share);

}  // namespace leat
