#pragma once

#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Which nodes run for slots, which for steps, whose slots and whose rows.
void solve_grains(ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics);

}  // namespace leat::program
