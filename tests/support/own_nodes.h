#pragma once

#include "leat/register_nodes.h"
#include "leat/registry.h"

namespace leat::test {

/// Returns a registry with all nodes and resources of this build. Programs can refer to it.
inline const Registry& own_nodes() {
  static const Registry all = [] {
    Registry made;
    register_nodes(made);
    return made;
  }();
  return all;
}

}  // namespace leat::test
