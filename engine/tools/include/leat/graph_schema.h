#pragma once

#include <string>

#include "leat/registry.h"

namespace leat {

/// Returns the JSON Schema (draft 7) of graphs: every key, and every type with its inputs and parameters, their sentences, defaults and
/// ranges. The schema accepts `${name}` for a value that can refer to a parameter. It accepts null, which removes an entry of an extended
/// graph.
[[nodiscard]] std::string graph_schema(const Registry& registry);

}  // namespace leat
