#pragma once

#include "leat/program.h"

namespace leat::program {

/// Checks that the plugins that the graph needs are loaded. Returns the ids of missing ones.
[[nodiscard]] std::vector<std::string> check_needs(const std::vector<NeedText>& needs, const Registry& registry, Diagnostics& diagnostics);

}  // namespace leat::program
