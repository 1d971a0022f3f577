#pragma once

#include <nlohmann/json.hpp>

#include "leat/program.h"

namespace leat::viewer {

/// A graph as the page draws it. The page's `graph.ts` declares the same shape.
///
/// `program` is null if the graph has mistakes, or if it was not built. The nodes and edges are then those of the text: without shapes,
/// rates and sizes. Types that the registry lacks have no page in `types`.
[[nodiscard]] nlohmann::json graph_json(const GraphDescription& description, const Program* program, const Diagnostics& diagnostics,
                                        const Registry& registry);

}  // namespace leat::viewer
