#pragma once

#include <chrono>
#include <memory>

#include "leat/joined_ranks.h"

namespace leat::cli {

/// Joins the other ranks if the environment says that this process is one of several; otherwise returns nullptr. A rank that gives no sign
/// of life for `timeout` counts as lost. Throws Refusal and RankLost. [setup]
[[nodiscard]] std::unique_ptr<JoinedRanks> join_ranks(std::chrono::seconds timeout);
/// Throws Refusal if this command cannot start ranks, because it was built without them or is a rank itself.
void check_can_start_ranks();

}  // namespace leat::cli
