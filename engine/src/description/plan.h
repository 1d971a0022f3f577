#pragma once

#include <cstdint>
#include <limits>

#include "description/reading.h"

namespace leat {

/// The `memory` of a plan in which it could not be read. No step is too large for it.
constexpr std::int64_t unknown_memory = std::numeric_limits<std::int64_t>::max();

/// Reads `plan`, whose parameters are substituted already. The graph's phases decide which one `validate: every epoch` means.
[[nodiscard]] PlanText read_plan(const Tree& plan, const Place& name_place, const GraphDescription& graph, Reading& reading);

}  // namespace leat
