#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "leat/joined_ranks.h"

namespace leat::cli {

/// Joins the other ranks if the environment says that this process is one of several; otherwise returns nullptr. A rank that gives no sign
/// of life for `timeout` counts as lost. Throws Refusal and RankLost. [setup]
[[nodiscard]] std::unique_ptr<JoinedRanks> join_ranks(std::chrono::seconds timeout);
/// Does a rank's work. Afterwards waits until all others have done theirs, or tells them why it failed.
void do_as_rank(JoinedRanks& ranks, const std::function<void()>& work);
/// Throws Refusal if this command cannot start ranks, because it was built without them or is a rank itself.
void check_can_start_ranks();

}  // namespace leat::cli
