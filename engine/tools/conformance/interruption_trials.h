#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "conformance/tried_graph.h"

// Trials of runs that are interrupted: by an exception, or by a stop.
namespace leat::conformance {

/// Tests that an exception of a frame leaves the nodes of a type unchanged.
[[nodiscard]] nlohmann::json try_failures(const TriedGraph& tried, const std::string& type);
/// Tests that a run that is stopped at any call ends.
[[nodiscard]] nlohmann::json try_stops(const TriedGraph& tried);
/// Tests that a resumed run has the same values as a run without a stop. Its answer has `why_not`: why nothing was resumed.
[[nodiscard]] nlohmann::json try_resume(const TriedGraph& tried);

}  // namespace leat::conformance
