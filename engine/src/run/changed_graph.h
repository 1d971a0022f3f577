#pragma once

#include <string>

namespace leat::run {

/// What of a graph says which weights are the best: `keep`, and the phase that validates. Takes the text that a run's folder keeps; two
/// graphs that give the same choose alike. Empty: it cannot be read.
[[nodiscard]] std::string what_chooses(const std::string& graph);

}  // namespace leat::run
