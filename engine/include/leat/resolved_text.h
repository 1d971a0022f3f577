#pragma once

#include <filesystem>
#include <string>

#include "leat/description.h"

namespace leat {

/// Returns the text for `GraphDescription::resolved`. Relative paths that begin with `./` or `../` become absolute. Other paths can only be
/// recognised with the node types.
[[nodiscard]] std::string resolved_text(const GraphDescription& graph);

/// Returns the hash of a graph's resolved text, 16 hexadecimal digits. Keys that cannot change the numbers of a run do not count:
/// `prefetch` of phases, `checkpoint_every`, and `memory`, `stall_after`, `record`, `keep_results` and `cache` of the plan.
[[nodiscard]] std::string graph_hash_of(GraphDescription graph);

/// Returns the hash that this version gives the graph of a run. `recorded` is the hash that the run recorded. Up to 0.1.0, hashes counted
/// all keys; then it is computed from the run's graph.yaml, if that is the text of the hash.
[[nodiscard]] std::string graph_hash_in(const std::filesystem::path& run_folder, const std::string& recorded);

}  // namespace leat
