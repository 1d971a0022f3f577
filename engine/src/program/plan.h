#pragma once

#include "leat/program.h"

namespace leat::program {

/// Sizes of the values of a step.
void size_phase(ProgramPhase& phase);

/// The plan, the lengths of phases, and the credits that the memory allows.
void build_plan(const GraphDescription& graph, Program& program, Diagnostics& diagnostics);

}  // namespace leat::program
