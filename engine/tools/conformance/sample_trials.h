#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "conformance/tried_graph.h"

// Trials of the samples of a step: of dropped ones, of the names of their entries, and of their sources.
namespace leat::conformance {

/// Tests that the rows of dropped samples do not count. Its answer has `why_not`: why no sample was dropped.
[[nodiscard]] nlohmann::json try_dropped(const TriedGraph& tried);
/// Tests that the number of dropped samples does not count. Runs every second sample alone, as one of two processes would, then the same
/// samples together with dropped ones. The reasons in `reported`, those of `try_dropped`, are not repeated.
[[nodiscard]] nlohmann::json try_alone(const TriedGraph& tried, const std::vector<Finding>& reported);
/// Tests that no node fails because all samples of a step were dropped.
[[nodiscard]] nlohmann::json try_empty(const TriedGraph& tried);
/// Tests that nodes keep the names of entries.
[[nodiscard]] nlohmann::json try_names(const TriedGraph& tried);
/// Tests the samples of sources.
[[nodiscard]] nlohmann::json try_sources(const TriedGraph& tried);

}  // namespace leat::conformance
