#pragma once

#include <vector>

#include "leat/program.h"
#include "program/entry_names.h"
#include "program/known.h"

namespace leat::program {

/// Unifies the contracts at both ends of every edge, including names of entries, and calls each node's `shapes`. Returns the outputs
/// without names of their own that got names from other nodes.
[[nodiscard]] std::vector<GuessedNames> solve_contracts(const PhaseText& text, const Program& program, ProgramPhase& phase,
                                                        PhaseKnown& known, const NameGivers& givers, Diagnostics& diagnostics);

}  // namespace leat::program
