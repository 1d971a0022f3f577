#pragma once

#include "leat/registry.h"

namespace leat::cli {

/// Adds Leat's own nodes, resources and device lanes. They are in a library beside the command, libleat_nodes.so, which brings LibTorch and
/// OpenCV, so it is loaded by this call only. Throws std::runtime_error if it cannot be loaded. [setup]
void load_nodes(Registry& registry);

}  // namespace leat::cli
