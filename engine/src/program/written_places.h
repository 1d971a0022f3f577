#pragma once

#include <vector>

#include "leat/diagnostics.h"
#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Reports places of the run's folder that two nodes write to, of phases that run in one plan, or a node and the run itself: one would lose
/// what the other wrote. A folder is written with all below it. `known` has an element a phase.
void check_written_places(const Program& program, const std::vector<PhaseKnown>& known, Diagnostics& diagnostics);

}  // namespace leat::program
