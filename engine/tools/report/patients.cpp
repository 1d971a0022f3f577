#include "report/patients.h"

#include <algorithm>

namespace leat::report {

std::optional<PatientsVariance> variance_over_patients(const std::vector<Summand>& sum, const std::string& phase, const std::string& metric,
                                                       RandomKey key, int draws) {
  std::vector<Statistic> all;
  std::vector<std::vector<std::int64_t>> rows_of;  // For each row of `first`, that of each summand.
  const ImageRows* first = sum[0].run->find_images(phase, sum[0].node);
  // One patient gives no variance over patients.
  if (!first || first->patients().size() < 2) return {};
  for (const Summand& one : sum) {
    auto statistic = one.run->statistic(phase, one.node, metric);
    if (!statistic) return {};
    const ImageRows& rows = *one.run->find_images(phase, one.node);
    rows_of.push_back(first->rows_in(rows));
    if (rows.count() != first->count() || std::count(rows_of.back().begin(), rows_of.back().end(), -1) > 0) return {};
    all.push_back(std::move(*statistic));
  }
  const Statistic total = [&](std::span<const std::int64_t> items) -> std::optional<double> {
    double out = 0;
    std::vector<std::int64_t> rows(items.size());
    for (std::size_t k = 0; k < sum.size(); ++k) {
      std::transform(items.begin(), items.end(), rows.begin(),
                     [&](std::int64_t item) { return rows_of[k][static_cast<std::size_t>(item)]; });
      const auto value = all[k](rows);
      if (!value) return {};
      out += sum[k].weight * *value;
    }
    return out;
  };
  const auto variance = bootstrap_variance(first->patients(), total, key, draws);
  if (!variance) return {};
  return PatientsVariance{*variance, static_cast<std::int64_t>(first->patients().size())};
}

}  // namespace leat::report
