#pragma once

#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Unifies the contracts of both ends of every edge and calls each node's `shapes`.
void solve_contracts(const PhaseText& text, ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics);

}  // namespace leat::program
