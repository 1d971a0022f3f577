#include "leat/statistics.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "support/doctest.h"

using namespace leat;

TEST_CASE("statistics: Student's t quantiles are scipy's") {
  struct Row {
    double probability, freedom, quantile;
  };
  const Row rows[] = {
      {0.025, 1, -12.7062047361747},   {0.6, 1, 0.324919696232906},      {0.95, 1, 6.31375151467504},     {0.975, 1, 12.7062047361747},
      {0.9995, 1, 636.61924876879},    {0.025, 2, -4.30265272974946},    {0.6, 2, 0.288675134594813},     {0.95, 2, 2.91998558035372},
      {0.975, 2, 4.30265272974946},    {0.9995, 2, 31.5990545764454},    {0.025, 4, -2.77644510519779},   {0.6, 4, 0.270722294707598},
      {0.95, 4, 2.13184678632665},     {0.975, 4, 2.77644510519779},     {0.9995, 4, 8.61030158137952},   {0.025, 9, -2.26215716279821},
      {0.6, 9, 0.260955336473911},     {0.95, 9, 1.83311293265624},      {0.975, 9, 2.2621571627982},     {0.9995, 9, 4.78091258593122},
      {0.025, 29, -2.0452296421327},   {0.6, 29, 0.255683634571256},     {0.95, 29, 1.6991270265335},     {0.975, 29, 2.0452296421327},
      {0.9995, 29, 3.65940501946637},  {0.025, 1000, -1.96233908082641}, {0.6, 1000, 0.253414515839499},  {0.95, 1000, 1.64637881728546},
      {0.975, 1000, 1.96233908082641}, {0.9995, 1000, 3.30028264842394}, {0.025, 2.5, -3.57465484200368}, {0.6, 2.5, 0.281459512748548},
      {0.95, 2.5, 2.55821861413594},   {0.975, 2.5, 3.57465484200368},   {0.9995, 2.5, 18.2778935281315},
  };
  for (const Row& row : rows) {
    CAPTURE(row.probability);
    CAPTURE(row.freedom);
    CHECK(student_t_quantile(row.probability, row.freedom) == doctest::Approx(row.quantile).epsilon(1e-12));
  }
}

TEST_CASE("statistics: mean and paired difference over seeds have scipy's t intervals") {
  const std::vector<double> ours{0.954, 0.934, 0.942, 0.976, 0.972}, theirs{0.838, 0.914, 0.888, 0.922, 0.944};
  const Interval mean = mean_interval(ours);
  CHECK(mean.value == doctest::Approx(0.9556).epsilon(1e-12));
  CHECK(mean.low == doctest::Approx(0.932880602310163).epsilon(1e-12));
  CHECK(mean.high == doctest::Approx(0.978319397689837).epsilon(1e-12));
  std::vector<double> differences;
  for (std::size_t k = 0; k < ours.size(); ++k) differences.push_back(ours[k] - theirs[k]);
  const Interval difference = mean_difference(differences, {}).interval;
  CHECK(difference.value == doctest::Approx(0.0544).epsilon(1e-12));
  CHECK(difference.low == doctest::Approx(0.00763028979652659).epsilon(1e-10));
  CHECK(difference.high == doctest::Approx(0.101169710203473).epsilon(1e-10));
}

TEST_CASE("statistics: one value has no interval, none has no mean") {
  const std::vector<double> one{0.5};
  CHECK(mean_interval(one).value == 0.5);
  CHECK(std::isnan(mean_interval(one).low));
  CHECK(std::isnan(mean_interval({}).value));
}

TEST_CASE("statistics: equal values and draws have no interval, because one without a width would promise certainty") {
  // Their sum is not exactly three times one of them.
  const std::vector<double> equal{0.1, 0.1, 0.1};
  CHECK(mean_interval(equal).value == doctest::Approx(0.1));
  CHECK(std::isnan(mean_interval(equal).low));
  CHECK(std::isnan(mean_difference(equal, {}).interval.low));
  CHECK(mean_difference(equal, {0.01, 30}).interval.high > 0.2);
  // Equal but for rounding.
  const std::vector<double> nearly{0.9 - 0.8, 0.8 - 0.7};
  CHECK(nearly[0] != nearly[1]);
  CHECK(std::isnan(mean_interval(nearly).low));
  CHECK(std::isnan(mean_difference(nearly, {}).interval.low));
  const Interval drawn = bootstrap_interval(
      250, [](std::span<const std::int64_t>) { return std::optional(1.0); }, RandomKey{{1, 2}});
  CHECK(drawn.value == 1);
  CHECK(std::isnan(drawn.low));
  CHECK(std::isnan(drawn.high));
}

TEST_CASE("statistics: Wilson's interval is statsmodels', and has a width at 0 and 1") {
  // statsmodels.stats.proportion.proportion_confint(count, n, method="wilson")
  CHECK(wilson_interval(1, 250).low == doctest::Approx(0.9848667005).epsilon(1e-9));
  CHECK(wilson_interval(1, 250).high == 1);
  CHECK(wilson_interval(0, 250).low == 0);
  CHECK(wilson_interval(0, 250).high == doctest::Approx(0.0151332995).epsilon(1e-8));
  CHECK(wilson_interval(0.5, 2).low == doctest::Approx(0.0945312057).epsilon(1e-8));
  CHECK(wilson_interval(0.5, 2).high == doctest::Approx(0.9054687943).epsilon(1e-8));
  CHECK(std::isnan(wilson_interval(1, 0).low));
}

TEST_CASE("statistics: the area under the ROC curve counts ties half, and needs both classes") {
  const std::vector<double> scores{0.1, 0.4, 0.4, 0.4, 0.8, 0.35, 0.4, 0.9};
  const std::vector<std::uint8_t> positives{0, 0, 1, 1, 1, 1, 0, 1};
  CHECK(*area_under_roc(scores, positives) == doctest::Approx(0.733333333333333).epsilon(1e-12));
  CHECK_FALSE(area_under_roc(scores, std::vector<std::uint8_t>(8, 1)).has_value());
  CHECK_FALSE(area_under_roc({}, {}).has_value());
}

TEST_CASE("statistics: quantiles are numpy's") {
  const std::vector<double> numbers{1.0, 1.5, 3.0, 4.0, 9.0};
  CHECK(quantile(numbers, 0.025) == doctest::Approx(1.05));
  CHECK(quantile(numbers, 0.3) == doctest::Approx(1.8));
  CHECK(quantile(numbers, 0.975) == doctest::Approx(8.5));
  CHECK(quantile(numbers, 1) == 9);
}

TEST_CASE("statistics: the bootstrap of a mean is as wide as theory says, and depends on the key only") {
  std::vector<double> values(400);
  Random random(RandomKey{{3, 4}});
  for (double& value : values) value = random.normal();
  const Statistic mean = [&](std::span<const std::int64_t> items) -> std::optional<double> {
    double sum = 0;
    for (const std::int64_t item : items) sum += values[static_cast<std::size_t>(item)];
    return sum / static_cast<double>(items.size());
  };
  const Interval found = bootstrap_interval(400, mean, RandomKey{{1, 2}});
  const Interval theory = mean_interval(values);
  CHECK(found.value == doctest::Approx(theory.value));
  CHECK((found.high - found.low) / (theory.high - theory.low) == doctest::Approx(1).epsilon(0.08));
  const Interval again = bootstrap_interval(400, mean, RandomKey{{1, 2}});
  CHECK(again.low == found.low);
  CHECK(again.high == found.high);
  CHECK(bootstrap_interval(400, mean, RandomKey{{1, 3}}).low != found.low);
}

TEST_CASE("statistics: who has ten equal images counts as one in the bootstrap") {
  std::vector<double> values(400);
  std::vector<std::vector<std::int64_t>> tens(40), single(400);
  Random random(RandomKey{{3, 4}});
  for (std::size_t k = 0; k < values.size(); ++k) {
    values[k] = k % 10 == 0 ? random.normal() : values[k - 1];
    tens[k / 10].push_back(static_cast<std::int64_t>(k));
    single[k] = {static_cast<std::int64_t>(k)};
  }
  const Statistic mean = [&](std::span<const std::int64_t> items) -> std::optional<double> {
    double sum = 0;
    for (const std::int64_t item : items) sum += values[static_cast<std::size_t>(item)];
    return sum / static_cast<double>(items.size());
  };
  const Interval by_item = bootstrap_interval(400, mean, RandomKey{{1, 2}}), by_cluster = bootstrap_interval(tens, mean, RandomKey{{1, 2}});
  CHECK(by_cluster.value == by_item.value);
  CHECK((by_cluster.high - by_cluster.low) / (by_item.high - by_item.low) == doctest::Approx(std::sqrt(10)).epsilon(0.1));
  CHECK(bootstrap_interval(single, mean, RandomKey{{1, 2}}).low == by_item.low);
}

TEST_CASE("statistics: a difference over seeds and patients has the variance of both") {
  const std::vector<double> seeds{.1, .2, .3};
  const Difference alone = mean_difference(seeds, {});
  CHECK(alone.interval.low == doctest::Approx(mean_interval(seeds).low));
  CHECK(alone.p == doctest::Approx(0.0741799002));  // scipy.stats.ttest_1samp
  const Difference wide = mean_difference(seeds, {100, 1000000});
  CHECK(wide.interval.high - wide.interval.value == doctest::Approx(1.959964 * 10).epsilon(1e-3));
  CHECK(std::isnan(mean_difference(std::vector<double>{.2}, {}).p));
  CHECK(std::isnan(mean_difference({}, {1, 9}).interval.value));
}

TEST_CASE("statistics: Satterthwaite's degrees of freedom count seeds and patients") {
  // scipy.stats.t.ppf and .sf with df = (a + b)^2 / (a^2 / (seeds - 1) + b^2 / (patients - 1)), a and b: variances of the means.
  struct Row {
    std::vector<double> seeds;
    PatientsVariance patients;
    double high, p;
  };
  for (const Row& row :
       {Row{{.1, .2, .3}, {.01, 20}, 0.4442630846608622, 0.1019907413912132},
        Row{{.1, .2, .3}, {100, 5}, 27.964183869728647, 0.9850014390496635},
        Row{{.05, .06}, {.0004, 3}, 0.13517943946092845, 0.10340442929166517}, Row{{.2}, {.01, 3}, 0.6302652729749463, 0.18350341907227397},
        Row{{.2}, {.01, 20}, 0.4093024054408309, 0.06000203638609834}}) {
    const Difference found = mean_difference(row.seeds, row.patients);
    CHECK(found.interval.high == doctest::Approx(row.high).epsilon(1e-9));
    CHECK(found.p == doctest::Approx(row.p).epsilon(1e-6));
  }
}

TEST_CASE("statistics: the bootstrap of few items is as wide as Student's t") {
  // scipy.stats.ttest_1samp(values, 0).confidence_interval()
  struct Row {
    std::vector<double> values;
    double low, high;
  };
  std::vector<double> twenty;
  for (int k = 0; k < 20; ++k) twenty.push_back(.05 + .002 * (k * 7 % 10) - .001 * (k % 3));
  for (const Row& row : {Row{{.047, .051, .055}, 0.0410634491, 0.0609365509}, Row{twenty, 0.0554576235, 0.0606423765}}) {
    const Statistic mean = [&](std::span<const std::int64_t> items) -> std::optional<double> {
      double sum = 0;
      for (const std::int64_t item : items) sum += row.values[static_cast<std::size_t>(item)];
      return sum / static_cast<double>(items.size());
    };
    const auto count = static_cast<std::int64_t>(row.values.size());
    const Interval found = bootstrap_interval(count, mean, RandomKey{{1, 2}}, 20000);
    CHECK((found.high - found.low) / (row.high - row.low) == doctest::Approx(1).epsilon(0.03));
    CHECK(found.low == doctest::Approx(row.low).epsilon(0.02));
  }
}

TEST_CASE("statistics: Holm's correction") {
  CHECK(holm(std::vector<double>{.01, .04, .03}) == std::vector<double>{.03, .06, .06});
  CHECK(holm(std::vector<double>{.9, .8}) == std::vector<double>{1, 1});
  const std::vector<double> with_unknown = holm(std::vector<double>{.02, NAN, .01});
  CHECK(with_unknown[0] == .02);
  CHECK(std::isnan(with_unknown[1]));
  CHECK(with_unknown[2] == .02);
}

TEST_CASE("statistics: the variance of a mean over patients") {
  std::vector<std::vector<std::int64_t>> single(200);
  std::vector<double> values(200);
  Random random(RandomKey{{3, 5}});
  for (std::size_t k = 0; k < values.size(); ++k) {
    values[k] = random.normal();
    single[k] = {static_cast<std::int64_t>(k)};
  }
  const Statistic mean = [&](std::span<const std::int64_t> items) -> std::optional<double> {
    double sum = 0;
    for (const std::int64_t item : items) sum += values[static_cast<std::size_t>(item)];
    return sum / static_cast<double>(items.size());
  };
  const Interval theory = mean_interval(values);
  const double deviation = (theory.high - theory.low) / 2 / student_t_quantile(.975, 199);
  CHECK(*bootstrap_variance(single, mean, RandomKey{{1, 2}}) == doctest::Approx(deviation * deviation).epsilon(0.1));
  CHECK_FALSE(bootstrap_variance(
                  {}, [](std::span<const std::int64_t>) { return std::optional<double>(); }, RandomKey{})
                  .has_value());
}

TEST_CASE("statistics: draws without a value are left out of the bootstrap") {
  const std::vector<double> scores{0.1, 0.9, 0.2, 0.15};
  const std::vector<std::uint8_t> positives{0, 1, 0, 1};
  const Statistic auc = [&](std::span<const std::int64_t> items) {
    std::vector<double> drawn;
    std::vector<std::uint8_t> are_positive;
    for (const std::int64_t item : items) {
      drawn.push_back(scores[static_cast<std::size_t>(item)]);
      are_positive.push_back(positives[static_cast<std::size_t>(item)]);
    }
    return area_under_roc(drawn, are_positive);
  };
  const Interval found = bootstrap_interval(4, auc, RandomKey{{1, 2}}, 200);
  CHECK(found.value == 0.75);
  CHECK(found.low < 0.5);
  // Student's t of so few items knows no bound of the area.
  CHECK(found.high > 1);
  CHECK(std::isnan(bootstrap_interval(0, auc, RandomKey{}).value));
}
