#pragma once

#include <string>

#include "base/working.h"
#include "leat/node_error.h"
#include "leat/thrown.h"

namespace leat::run {

/// Runs `act`, which calls code of a node or resource outside of steps. Any exception becomes a NodeError with the component and `where`:
/// "its opening". A crash is reported with "at its opening".
template <class Component, class Act>
decltype(auto) in_name_of(const Component& one, const std::string& where, Act act) {
  const std::string when = "at " + where;
  const WorkingOn working(one.name, one.type->id, one.type->plugin, one.place, when.c_str());
  try {
    return act();
  } catch (const NodeError&) {
    throw;
  } catch (...) {
    throw NodeError(one.name, one.type->id, one.place, where, words_of_current_exception());
  }
}

}  // namespace leat::run
