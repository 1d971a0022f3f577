#pragma once

#include "leat/program.h"
#include "program/known.h"
#include "program/resources.h"

namespace leat::program {

/// Creates and configures the nodes.
void make_nodes(const PhaseText& text, const Types& types, const ResourcesKnown& resources, Program& program, ProgramPhase& phase,
                PhaseKnown& known, Diagnostics& diagnostics);
/// Connects inputs to outputs. Checks names, types, missing inputs and diagnostic ports.
void connect(const PhaseText& text, ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics);
/// Orders the nodes, and reports each cycle with its path.
void order_nodes(ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics);
/// Returns `node.port` for a wire, or `node` if the node has one output.
[[nodiscard]] std::string name_of(const ProgramPhase& phase, const Wire& wire);

}  // namespace leat::program
