#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leat/program.h"

namespace leat {

/// An output of a node in a phase.
struct OutputName {
  std::string node;
  std::string port;
  auto operator<=>(const OutputName&) const = default;
};

/// What some outputs of a phase need: their nodes, the nodes upstream of them, and their resources.
struct PreviewScope {
  std::vector<std::string> nodes;
  std::vector<std::string> resources;
  std::vector<std::string> trained;   ///< Resources among them that a node of the graph changes, such as a model that is trained.
  std::vector<std::string> stateful;  ///< Nodes among them with a State.
  bool is_by_slot = false;            ///< All nodes run once per slot, so the first slots of a step can be computed alone.

  /// Returns true if each step can be computed alone, with the bits that it has in a run.
  [[nodiscard]] bool has_any_step() const { return trained.empty() && stateful.empty(); }
};

/// Returns what these outputs need. Throws Refusal if there is no such phase, node or output. [setup]
[[nodiscard]] PreviewScope preview_scope(const Program& program, std::string_view phase, const std::vector<OutputName>& outputs);

/// Removes everything from a Program that these outputs do not need: other phases, nodes, resources, and the plan. What remains is for
/// `preview`. Writers are never upstream of an output. Throws Refusal if there is no such phase, node or output, and
/// std::invalid_argument if the Program merges passes. [setup]
PreviewScope keep_upstream(Program& program, std::string_view phase, const std::vector<OutputName>& outputs);

}  // namespace leat
