#pragma once

#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Finds the grain of each node, and the origin of its slots or rows.
void solve_grains(ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics);

}  // namespace leat::program
