#pragma once

#include <vector>

#include "leat/program.h"
#include "program/entry_names.h"
#include "program/known.h"

namespace leat::program {

/// Unifies the contracts of both ends of every edge, the names of their entries too, and calls each node's `shapes`. Returns the outputs
/// that name nothing themselves and were taken for what others name.
[[nodiscard]] std::vector<GuessedNames> solve_contracts(const PhaseText& text, const Program& program, ProgramPhase& phase,
                                                        PhaseKnown& known, const NameGivers& givers, Diagnostics& diagnostics);

}  // namespace leat::program
