#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "leat/random.h"

namespace leat {

/// A figure with the ends of its interval; ends that are not known (one value only) are not numbers.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// The area under the ROC curve, exact, a tie counts half (Mann and Whitney); nothing where a class is missing. Scores are finite,
/// `positives` holds 0 or 1.
[[nodiscard]] std::optional<double> area_under_roc(std::span<const double> scores, std::span<const std::uint8_t> positives);

/// What a statistic is on the items of this list (an item may occur several times); nothing where it is undefined.
using Statistic = std::function<std::optional<double>(std::span<const std::int64_t>)>;

/// The percentile bootstrap (Efron and Tibshirani 1993, chapter 13): the statistic on all `count` items, and the ends of the middle `level`
/// of its values on lists drawn with replacement. Draw d depends on the key and d only. Draws without a value are left out; not a number
/// where there is none.
[[nodiscard]] Interval bootstrap_interval(std::int64_t count, const Statistic& statistic, RandomKey key, int draws = 2000,
                                          double level = 0.95);

/// The same with clusters of items, such as a patient's images, that are drawn whole.
[[nodiscard]] Interval bootstrap_interval(std::span<const std::vector<std::int64_t>> clusters, const Statistic& statistic, RandomKey key,
                                          int draws = 2000, double level = 0.95);

/// The mean of independent values (seeds) with Student's t interval.
[[nodiscard]] Interval mean_interval(std::span<const double> values, double level = 0.95);

/// The variance of a statistic over draws of clusters, as `bootstrap_interval` makes them; nothing where fewer than two draws have a value.
[[nodiscard]] std::optional<double> bootstrap_variance(std::span<const std::vector<std::int64_t>> clusters, const Statistic& statistic,
                                                       RandomKey key, int draws = 2000);

/// What one thing has more than another, and how probable so large a difference is, to either side, where there is none.
struct Difference {
  Interval interval;
  double p = 1;
};

/// The mean of differences, one a training (seed), which were all judged on the same patients: its variance is that of the seeds' mean and
/// `patients_variance`, that of the mean difference over patients. Student's t with Satterthwaite's freedom (Biometrics Bulletin 1946). Of
/// one seed it is that over patients alone; not a number where nothing varies.
[[nodiscard]] Difference mean_difference(std::span<const double> by_seed, double patients_variance, double level = 0.95);

/// p values of several hypotheses, each corrected for all of them (Holm, Scandinavian Journal of Statistics 1979). Those that are not a
/// number stay so and are not counted.
[[nodiscard]] std::vector<double> holm(std::span<const double> p);

/// The value below which Student's t with `freedom` degrees of freedom stays with this probability, 0 < probability < 1.
[[nodiscard]] double student_t_quantile(double probability, double freedom);

/// The value below which a share of sorted numbers lies, linear between them (as numpy.quantile); there is at least one.
[[nodiscard]] double quantile(std::span<const double> sorted, double share);

}  // namespace leat
