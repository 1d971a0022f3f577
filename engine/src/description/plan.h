#pragma once

#include <cstdint>
#include <limits>

#include "description/reading.h"

namespace leat {

/// `memory` of a plan whose own could not be read: no step is too large for it.
constexpr std::int64_t unknown_memory = std::numeric_limits<std::int64_t>::max();

/// Reads `plan`, substituted already. The graph's phases decide what `validate: every epoch` means.
[[nodiscard]] PlanText read_plan(const Tree& plan, const Place& name_place, const GraphDescription& graph, Reading& reading);

}  // namespace leat
