#include "conformance/empty_step.h"

#include <cmath>

namespace leat::conformance {

void StepMetrics::step_retired(const Progress& progress) {
  if (progress.phase != phase_ || progress.step - 1 != step_) return;
  const std::lock_guard guard(lock_);
  for (const auto& [name, number] : progress.metrics) metrics_[std::string(name)] = number;
}

std::vector<std::string> StepMetrics::undefined_beside(const StepMetrics& other) const {
  std::vector<std::string> out;
  for (const auto& [name, number] : metrics_) {
    const auto found = other.metrics_.find(name);
    if (std::isnan(number) && found != other.metrics_.end() && !std::isnan(found->second)) out.push_back(name);
  }
  return out;
}

}  // namespace leat::conformance
