#pragma once

#include "description/reading.h"

namespace leat {

/// Reads `plan`, substituted already. The graph's phases decide what `validate: every epoch` means.
[[nodiscard]] PlanText read_plan(const Tree& plan, const Place& name_place, const GraphDescription& graph, Reading& reading);

}  // namespace leat
