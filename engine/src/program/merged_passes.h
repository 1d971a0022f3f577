#pragma once

#include "leat/description.h"
#include "leat/program.h"
#include "program/phase_graph.h"

namespace leat::program {

/// Finds the passes of a phase that can run as one, and orders its segments so that the nodes of each merged pass follow each other.
/// `graph` has the phase's edges and those that order the users of resources. Called when the segments are formed.
void merge_passes(const PhaseText& text, const PhaseGraph& graph, ProgramPhase& phase);

}  // namespace leat::program
