#pragma once

#include <nlohmann/json.hpp>

#include "leat/activity.h"

namespace leat::report {

/// Returns the times of a phase's nodes as data of the page.
[[nodiscard]] nlohmann::json page_activity(const PhaseActivity& phase);

}  // namespace leat::report
