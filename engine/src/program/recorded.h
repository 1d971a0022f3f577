#pragma once

#include <vector>

#include "leat/description.h"
#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Builds `plan.record`: finds its outputs, and the size that is expected. The lengths of the phases are known.
void build_record(const GraphDescription& graph, Program& program, const std::vector<PhaseKnown>& known, Diagnostics& diagnostics);

}  // namespace leat::program
