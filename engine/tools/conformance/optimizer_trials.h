#pragma once

#include <nlohmann/json.hpp>

#include "conformance/tried_graph.h"

namespace leat::conformance {

/// Tests that an optimizer changes its network, and that a step with a gradient that is not finite changes nothing.
[[nodiscard]] nlohmann::json try_optimizers(const TriedGraph& tried);

}  // namespace leat::conformance
