#pragma once

#include <functional>
#include <set>
#include <string>

#include "conformance/kept_names.h"

namespace leat::conformance {

/// Runs so many steps of the program's first phase.
using RunSteps = std::function<void(Program&, Observer&, std::int64_t steps)>;

/// Judges sources of `types` by an epoch of each, or its first part: ids must be unique, and the samples that `list_samples` lists must be
/// those that `identify` sets, with the same file, patient and group.
[[nodiscard]] Judgement judge_sources(const GraphDescription& graph, const Registry& registry, const BuildTrial& build, const RunSteps& run,
                                      const std::set<std::string>& types);

}  // namespace leat::conformance
