#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leat/program.h"
#include "run/ledger.h"

namespace leat::run {

/// What nodes measured in a step, by `node.name` in the order of nodes; the values that a node gave for its slots become one mean. Reads
/// the metrics that were given as a function. Throws NodeError.
[[nodiscard]] std::vector<std::pair<std::string, double>> step_metrics(const ProgramPhase& phase, std::int64_t step,
                                                                       std::vector<MetricEntry> entries);

}  // namespace leat::run
