#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leat/program.h"
#include "run/ledger.h"

namespace leat::run {

/// Returns the metrics of a step as pairs of `node.name` and value, in the order of nodes. Values that a node gave for its slots become one
/// mean. Calls the metrics that were given as functions. Throws NodeError.
[[nodiscard]] std::vector<std::pair<std::string, double>> step_metrics(const ProgramPhase& phase, std::int64_t step,
                                                                       std::vector<MetricEntry> entries);

}  // namespace leat::run
