#pragma once

#include "run/flow.h"

namespace leat::run {

struct Chain;

/// Runs the nodes of a merged pass for one step on the device lane, in one call of `MergesPasses::process_merged`. Each node's outputs are
/// then in the ledger, as after `Body::run`. Throws NodeError with the names of the nodes. [one thread]
void run_merged(Flow& flow, const MergedPass& pass, const ReadyTask& task, Chain& chain);

}  // namespace leat::run
