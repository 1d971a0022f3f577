#pragma once

#include <chrono>
#include <memory>

#include "leat/joined_ranks.h"
#include "leat/registry.h"

namespace leat::cli {

/// Adds Leat's own nodes, resources and device lanes. They are in the library libleat_nodes.so, which brings LibTorch and OpenCV, so only
/// this call loads it. Throws std::runtime_error if that fails. [setup]
void load_nodes(Registry& registry);

/// Joins the ranks of a run (`JoinRanks`). Call it after `load_nodes`. Throws Refusal if the library was built without Gloo's headers.
void join_ranks(const RankPlace& place, std::chrono::seconds timeout, std::unique_ptr<JoinedRanks>& joined);

/// Adds the types that the conformance kit puts into graphs, if the library has them. Call it after `load_nodes`. [setup]
void load_trial_nodes(Registry& registry);

}  // namespace leat::cli
