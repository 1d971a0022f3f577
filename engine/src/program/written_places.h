#pragma once

#include <vector>

#include "leat/diagnostics.h"
#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Reports places in the run's folder that two nodes write, of one phase or of phases in one plan, because one would overwrite the other's
/// files. Also reports places that the run itself writes. A folder includes everything below it. `known` is indexed by phase.
void check_written_places(const Program& program, const std::vector<PhaseKnown>& known, Diagnostics& diagnostics);

}  // namespace leat::program
