#pragma once

#include <nlohmann/json.hpp>

#include "conformance/tried_graph.h"

// Trials of the values and metrics of runs: what they may depend on.
namespace leat::conformance {

/// Tests that values are the same in a second run, with other numbers of threads and in another order, and that inputs do not change.
[[nodiscard]] nlohmann::json try_values(const TriedGraph& tried);
/// Tests that a metric given as a function has the same value if it is read later.
[[nodiscard]] nlohmann::json try_late_metrics(const TriedGraph& tried);
/// Tests that random numbers depend on the seed.
[[nodiscard]] nlohmann::json try_seeds(const TriedGraph& tried);

}  // namespace leat::conformance
