#pragma once

#include <functional>
#include <set>
#include <string>

#include "conformance/living_rows.h"
#include "leat/observer.h"
#include "leat/program.h"
#include "leat/run.h"

namespace leat::conformance {

/// Builds a new Program of a graph with these types. Throws GraphError.
using BuildTrial = std::function<Program(const GraphDescription&, const Registry&)>;
/// Runs the first step of the program's first phase and returns the phase's metrics. Throws as Run does.
using RunFirstStep = std::function<Metrics(Program&, Observer&)>;

/// Judges nodes of `types` that read values whose entries have names. Such a node runs again behind nodes that bring the entries, and their
/// names, into another order. Compared by name, its outputs and metrics must be the same. An output that follows the entries must have
/// their names.
[[nodiscard]] Judgement judge_names(const GraphDescription& graph, const Registry& registry, const BuildTrial& build,
                                    const RunFirstStep& run, const std::set<std::string>& types);

}  // namespace leat::conformance
