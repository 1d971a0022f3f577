#include "run/step_sums.h"

#include <cmath>
#include <limits>

namespace leat::run {

void StepSums::add(const std::vector<std::pair<std::string, double>>& metrics) {
  for (const auto& [name, value] : metrics) {
    auto& [sum, count] = by_metric[name];
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
}

Metrics StepSums::means() const {
  Metrics out;
  for (const auto& [name, sum] : by_metric)
    out[name] = sum.second == 0 ? std::numeric_limits<double>::quiet_NaN() : sum.first / static_cast<double>(sum.second);
  return out;
}

}  // namespace leat::run
