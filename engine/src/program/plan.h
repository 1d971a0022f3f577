#pragma once

#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Sizes of the values of a step.
void size_phase(ProgramPhase& phase);

/// The plan, the lengths of phases, and the credits that the memory allows. `is_sized`: the program has no mistakes so far, so that the
/// sizes of all phases are known.
void build_plan(const GraphDescription& graph, Program& program, std::vector<PhaseKnown>& known, bool is_sized, Diagnostics& diagnostics);

}  // namespace leat::program
