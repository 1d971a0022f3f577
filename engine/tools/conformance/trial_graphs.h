#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/program.h"
#include "leat/registry.h"

namespace leat::conformance {

/// Returns the training phase, or the first one of a plan without training.
[[nodiscard]] const ProgramPhase& first_phase(const Program& program);

/// Returns the graph with only this phase, which its plan runs once, without a training.
[[nodiscard]] GraphDescription only_phase(const GraphDescription& graph, const std::string& phase);

/// Returns the names of the phases that the plan runs, without repetitions: the training, its validation, and the others.
[[nodiscard]] std::vector<std::string> phases_of(const GraphDescription& graph);

/// Returns the types of the nodes of a phase among `types`.
[[nodiscard]] std::set<std::string> types_in(const GraphDescription& graph, const std::string& phase, const std::set<std::string>& types);

/// Returns the nodes' types among `types` that read the rows of a step.
[[nodiscard]] std::set<std::string> row_readers(const ProgramPhase& phase, const std::set<std::string>& types);

/// Returns a step that opens only after the first has ended, because no more steps than `prefetch` are in flight.
[[nodiscard]] std::int64_t stopped_step(const GraphDescription& graph);

/// Returns a number of steps so large that `steps` are left after those in flight at the stop.
[[nodiscard]] std::int64_t resumed_steps(const GraphDescription& graph, std::int64_t steps);

/// Returns the graph, as a training run if it has none, because only training runs can be resumed.
[[nodiscard]] GraphDescription trained(const GraphDescription& graph, std::int64_t steps);

/// Returns a graph for training with each sample of a small source twice in a step; nullopt if no source is small.
[[nodiscard]] std::optional<GraphDescription> doubled(GraphDescription trained, const Registry& registry, const std::string& device);

}  // namespace leat::conformance
