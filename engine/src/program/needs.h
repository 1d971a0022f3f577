#pragma once

#include "leat/program.h"

namespace leat::program {

/// Whether the plugins are loaded that the graph needs.
void check_needs(const std::vector<NeedText>& needs, const Registry& registry, Diagnostics& diagnostics);

}  // namespace leat::program
