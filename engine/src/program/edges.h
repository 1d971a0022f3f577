#pragma once

#include "leat/program.h"
#include "program/known.h"
#include "program/resources.h"

namespace leat::program {

/// Makes and configures the nodes.
void make_nodes(const PhaseText& text, const Types& types, const ResourcesKnown& resources, Program& program, ProgramPhase& phase,
                PhaseKnown& known, Diagnostics& diagnostics);
/// Connects inputs to outputs: names, types, missing inputs, diagnostic ports.
void connect(const PhaseText& text, ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics);
/// Orders the nodes, and reports each cycle with its path.
void order_nodes(ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics);
/// `node.port` of a wire, for messages.
[[nodiscard]] std::string name_of(const ProgramPhase& phase, const Wire& wire);

}  // namespace leat::program
