#pragma once

#include <string>

#include "leat/component.h"
#include "leat/diagnostics.h"
#include "leat/thrown.h"

namespace leat {

/// Throws Refusal with the type's id and the name if a component declares two parameters, resources, inputs, outputs or states of one name,
/// or one without a name. [setup]
void check_names(const Component& component, const std::string& type);

/// Returns a new object of a node or resource type. Throws Refusal with the type's id if its constructor throws, or names are wrong.
/// [setup]
template <class Type>
[[nodiscard]] auto make_component(const Type& type) {
  decltype(type.make()) made;
  try {
    made = type.make();
  } catch (...) {
    throw Refusal("`" + type.id + "` cannot be made: " + words_of_current_exception());
  }
  check_names(*made, type.id);
  return made;
}

}  // namespace leat
