#pragma once

#include "leat/program.h"

namespace leat::program {

/// Which nodes run for slots, which for steps, whose slots and whose rows.
void solve_grains(ProgramPhase& phase, Diagnostics& diagnostics);

}  // namespace leat::program
