#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "leat/program.h"

namespace leat {

/// What one output of a phase needs: the nodes upstream of it, itself included, and their resources.
struct PreviewScope {
  std::vector<std::string> nodes;
  std::vector<std::string> resources;
  std::vector<std::string> trained;   ///< Resources among them that a node of the graph changes, such as a model that is trained.
  std::vector<std::string> stateful;  ///< Nodes among them with a State.
  std::set<std::string> plugins;      ///< Plugins with types of these nodes and resources.
  bool is_by_slot = false;            ///< All nodes run once per slot, so the first slots of a step can be computed alone.

  /// Returns true if each step can be computed alone, with the bits that it has in a run.
  [[nodiscard]] bool has_any_step() const { return trained.empty() && stateful.empty(); }
};

/// Removes everything from a Program that one output does not need: other phases, nodes, resources, and the plan. What remains is for
/// `preview`. Writers are never upstream of an output. Throws Refusal if there is no such phase, node or output. [setup]
PreviewScope keep_upstream(Program& program, std::string_view phase, std::string_view node, std::string_view port);

}  // namespace leat
