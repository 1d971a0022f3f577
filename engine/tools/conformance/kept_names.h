#pragma once

#include <functional>
#include <set>
#include <string>

#include "conformance/living_rows.h"
#include "leat/observer.h"
#include "leat/program.h"

namespace leat::conformance {

/// Makes the graph's program anew.
using BuildProgram = std::function<Program()>;
/// Runs the first step of the program's first phase. Throws as Run does.
using RunFirstStep = std::function<void(Program&, Observer&)>;

/// Of nodes that read values whose entries have names: whether what they put has its entries where their contracts say. Such a node runs
/// again with the entries of what it reads in another order; an output that has the names has to follow, and one that follows has to have
/// them. What is not known is said of `types` only, which are also those that are judged.
[[nodiscard]] Judgement judge_names(const BuildProgram& build, const RunFirstStep& run, const std::set<std::string>& types);

}  // namespace leat::conformance
