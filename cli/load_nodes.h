#pragma once

#include "leat/joined_ranks.h"
#include "leat/registry.h"

namespace leat::cli {

/// Adds Leat's own nodes, resources and device lanes. They are in the library libleat_nodes.so, which brings LibTorch and OpenCV, so only
/// this call loads it. Throws std::runtime_error if that fails. [setup]
void load_nodes(Registry& registry);

/// Adds the types that the conformance kit puts into graphs, if the library has them. Call it after `load_nodes`. [setup]
void load_trial_nodes(Registry& registry);
/// Throws Refusal if this leat was built without what joins the ranks of a run.
void check_ranks_are_built();
/// Returns that function. Throws as `check_ranks_are_built`. [setup]
[[nodiscard]] JoinRanks* load_join_ranks();

}  // namespace leat::cli
