#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "leat/run.h"

namespace leat::run {

/// Sums of the metrics that the steps of a phase gave. A step in which a metric is undefined (NaN) does not count; its mean is NaN if all
/// are such.
struct StepSums {
  std::map<std::string, std::pair<double, std::int64_t>> by_metric;  ///< The sum, and the number of steps in which it is defined.

  void add(const std::vector<std::pair<std::string, double>>& metrics);
  [[nodiscard]] Metrics means() const;
};

}  // namespace leat::run
