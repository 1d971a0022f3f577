#pragma once

#include "leat/program.h"

namespace leat::program {

/// Checks that the plugins are loaded that the graph needs. Returns the ids of those that are not.
[[nodiscard]] std::vector<std::string> check_needs(const std::vector<NeedText>& needs, const Registry& registry, Diagnostics& diagnostics);

}  // namespace leat::program
