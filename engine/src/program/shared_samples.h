#pragma once

#include <vector>

#include "leat/description.h"
#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Reports patients and files that one phase trains on and another evaluates on, in all data sets whose sources list their samples. A
/// SharesWith allows them by name. Reads the contents of files of equal size: whole files, or three blocks of each.
void check_shared_samples(const GraphDescription& graph, bool has_all_resources, Program& program, const std::vector<PhaseKnown>& known,
                          Diagnostics& diagnostics);

}  // namespace leat::program
