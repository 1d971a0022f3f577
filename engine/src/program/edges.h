#pragma once

#include "leat/program.h"

namespace leat::program {

/// Makes and configures the nodes.
void make_nodes(const PhaseText& text, const Registry& registry, Program& program, ProgramPhase& phase, Diagnostics& diagnostics);
/// Connects inputs to outputs: names, types, missing inputs, diagnostic ports.
void connect(const PhaseText& text, ProgramPhase& phase, Diagnostics& diagnostics);
/// A topological order that keeps to the order of the text where it can; shorter than the phase where there is a cycle. `extra` are
/// edges that no value flows along.
[[nodiscard]] std::vector<int> declared_order(const ProgramPhase& phase, const std::vector<std::pair<int, int>>& extra);
/// Orders the nodes, or reports each cycle with its path.
void order_nodes(ProgramPhase& phase, Diagnostics& diagnostics);
/// `node.port` of a wire, for messages.
[[nodiscard]] std::string name_of(const ProgramPhase& phase, const Wire& wire);

}  // namespace leat::program
