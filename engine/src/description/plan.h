#pragma once

#include "description/reading.h"

namespace leat {

/// Reads `plan`, substituted already. The phases decide what `validate: every epoch` means.
[[nodiscard]] PlanText read_plan(const Tree& plan, const Place& name_place, const std::vector<PhaseText>& phases, Reading& reading);

}  // namespace leat
