#include "report/patients.h"

namespace leat::report {

std::optional<double> variance_over_patients(const std::vector<Summand>& sum, const std::string& phase, const std::string& metric,
                                             RandomKey key, int draws) {
  std::vector<Statistic> all;
  const ImageRows* first = sum[0].run->find_images(phase, sum[0].node);
  // One patient gives no variance over patients.
  if (!first || first->patients().size() < 2) return {};
  for (const Summand& one : sum) {
    auto statistic = one.run->statistic(phase, one.node, metric);
    if (!statistic || one.run->find_images(phase, one.node)->images() != first->images()) return {};
    all.push_back(std::move(*statistic));
  }
  const Statistic total = [&](std::span<const std::int64_t> items) -> std::optional<double> {
    double out = 0;
    for (std::size_t k = 0; k < sum.size(); ++k) {
      const auto value = all[k](items);
      if (!value) return {};
      out += sum[k].weight * *value;
    }
    return out;
  };
  return bootstrap_variance(first->patients(), total, key, draws);
}

}  // namespace leat::report
