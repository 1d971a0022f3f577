#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "leat/program.h"
#include "run/ledger.h"

namespace leat::run {

/// Returns the metrics of a step as pairs of `node.name` and value, in the order of nodes. Values that a node gave for its slots become one
/// mean. Metrics that were given as functions are called in `read`, which does the work that it gets. Throws NodeError.
[[nodiscard]] std::vector<std::pair<std::string, double>> step_metrics(const ProgramPhase& phase, std::int64_t step,
                                                                       std::vector<MetricEntry> entries,
                                                                       const std::function<void(const std::function<void()>&)>& read);

}  // namespace leat::run
