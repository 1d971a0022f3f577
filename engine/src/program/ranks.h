#pragma once

#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// For a training on several ranks: decides which nodes get the rows of all ranks, and reports nodes whose results would not be those of
/// one process.
void find_rows_of_ranks(Program& program, ProgramPhase& phase, const PhaseKnown& known, Diagnostics& diagnostics);

}  // namespace leat::program
