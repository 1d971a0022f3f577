#pragma once

#include <string>

namespace leat::run {

/// Returns the part of a graph that decides which weights are the best: `keep` and the validation phase. `graph` is the text in a run's
/// folder. Two graphs with equal parts select equally. Returns an empty string if the text cannot be read or has no `keep`.
[[nodiscard]] std::string what_chooses(const std::string& graph);

}  // namespace leat::run
