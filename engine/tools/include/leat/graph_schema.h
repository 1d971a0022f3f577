#pragma once

#include <string>

#include "leat/registry.h"

namespace leat {

/// The JSON Schema (draft 7) of graphs: every key, every type with its inputs and parameters, their sentences, defaults and ranges. Values
/// that parameters are put into may be `${name}` in place of what they want to be; null, which removes in a graph that extends another, is
/// fine.
[[nodiscard]] std::string graph_schema(const Registry& registry);

}  // namespace leat
