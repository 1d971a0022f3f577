#pragma once

#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Returns true if a node of the device lane computes the rows of its rank only.
[[nodiscard]] bool computes_own_rows(const ProgramPhase& phase, const ProgramNode& node);
/// For a training on several ranks: decides which nodes get the rows of all ranks, and reports nodes whose results would not be those of
/// one process.
void find_rows_of_ranks(Program& program, ProgramPhase& phase, const PhaseKnown& known, Diagnostics& diagnostics);

}  // namespace leat::program
