#pragma once

#include <nlohmann/json.hpp>

#include "leat/rank_activity.h"

namespace leat {

/// Returns the ranks as JSON, with times in seconds per step. Null if there are none.
[[nodiscard]] nlohmann::json json_of(const RanksActivity& ranks);

}  // namespace leat
