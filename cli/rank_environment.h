#pragma once

#include <optional>
#include <string>

#include "leat/joined_ranks.h"

namespace leat::cli {

/// Returns the name of a variable in the environment that makes this process one of several ranks, or an empty string.
[[nodiscard]] std::string rank_variable();
/// Returns the place of this process from the variables that torchrun sets, or nullopt if there are none. Throws Refusal if they are
/// incomplete or impossible.
[[nodiscard]] std::optional<RankPlace> place_from_environment();

}  // namespace leat::cli
