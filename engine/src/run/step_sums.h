#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "leat/run.h"

namespace leat::run {

/// Sums of the metrics that the steps of a phase gave.
struct StepSums {
  std::map<std::string, std::pair<double, std::int64_t>> by_metric;  ///< The sum, and the number of steps that gave it.

  void add(const std::vector<std::pair<std::string, double>>& metrics);
  [[nodiscard]] Metrics means() const;
};

}  // namespace leat::run
