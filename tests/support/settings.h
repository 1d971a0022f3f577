#pragma once

#include <stdexcept>
#include <string>

#include "leat/component.h"
#include "leat/read_tree.h"

namespace leat {

/// Sets a component's parameters from a YAML map, with `bridge.join` under its full name.
inline void set(Component& component, const std::string& settings) {
  Diagnostics diagnostics;
  const Tree tree = read_tree(source_text("settings", {}, settings), diagnostics);
  diagnostics.throw_if_errors();
  for (const Tree::Entry& entry : tree.entries) {
    ParamPort* found = nullptr;
    for (ParamPort* param : component.params())
      if (param->name() == entry.key) found = param;
    if (!found) throw std::runtime_error("no parameter " + entry.key);
    found->read(entry.value);
  }
}

}  // namespace leat
