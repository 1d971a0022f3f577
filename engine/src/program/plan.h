#pragma once

#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Computes the size of a step's values.
void size_phase(ProgramPhase& phase);

/// Builds the plan, and computes the lengths of phases and the credits that the memory allows. `is_sized`: the program has no mistakes so
/// far, so the sizes of all phases are known.
void build_plan(const GraphDescription& graph, Program& program, std::vector<PhaseKnown>& known, bool is_sized, Diagnostics& diagnostics);

}  // namespace leat::program
