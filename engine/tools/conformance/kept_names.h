#pragma once

#include <functional>
#include <set>
#include <string>

#include "conformance/living_rows.h"
#include "leat/observer.h"
#include "leat/program.h"

namespace leat::conformance {

/// Builds a new Program of the graph.
using BuildProgram = std::function<Program()>;
/// Runs the first step of the program's first phase. Throws as Run does.
using RunFirstStep = std::function<void(Program&, Observer&)>;

/// Judges nodes of `types` that read values whose entries have names. Such a node runs again with the entries of its inputs in another
/// order. An output that has the names must change to that order, and an output that changes to it must have the names.
[[nodiscard]] Judgement judge_names(const BuildProgram& build, const RunFirstStep& run, const std::set<std::string>& types);

}  // namespace leat::conformance
