#pragma once

#include <vector>

#include "leat/description.h"
#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Refuses patients and files by which one phase judges although another trains on them, in all data sets of the graph, as far as sources
/// list their samples; a SharesWith allows them by name. Reads the contents of files of equal size: all, or three blocks of each.
void check_shared_samples(const GraphDescription& graph, bool has_all_resources, Program& program, const std::vector<PhaseKnown>& known,
                          Diagnostics& diagnostics);

}  // namespace leat::program
