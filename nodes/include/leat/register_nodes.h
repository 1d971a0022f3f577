#pragma once

#include "leat/registry.h"

namespace leat {

/// Adds every node, resource and device lane that this build has. [setup]
void register_nodes(Registry& registry);

}  // namespace leat
