#pragma once

#include "leat/diagnostics.h"
#include "leat/program.h"

namespace leat::program {

/// Warns if a predict phase prepares the input of a network in another way than the phases that evaluate it: with other nodes, or with
/// other parameters. Compares the first passes of a network, which are nodes of one type that use the same resource, if one path of nodes
/// leads to them in each phase, and if it is the same in all validate and test phases. Train phases do not count, because their
/// augmentation is meant to differ.
void check_preprocessing(const Program& program, Diagnostics& diagnostics);

}  // namespace leat::program
