#pragma once

#include <nlohmann/json_fwd.hpp>

#include "leat/program.h"

namespace leat {

/// Returns the names of the nodes of each merged pass.
[[nodiscard]] nlohmann::json merged_passes_json(const ProgramPhase& phase);
/// Returns the nodes whose passes are not merged, and why.
[[nodiscard]] nlohmann::json lone_passes_json(const ProgramPhase& phase);

}  // namespace leat
