#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "leat/program.h"

namespace leat::program {

/// What is known of a phase although something in its graph is wrong. Each pass works on what is known, adds what it finds out, and says
/// nothing that may follow from mistakes alone that were told before.
struct PhaseKnown {
  struct OfNode {
    bool is_whole = false;       ///< Its text, parameters and resources are right, so that its own code may be asked.
    bool has_inputs = false;     ///< Every connection that its text means was made.
    bool has_upstream = false;   ///< So was every connection of the nodes before it, so that all paths to it are known.
    bool has_lane = false;       ///< Where it runs is known.
    bool has_grain = false;      ///< For what it runs is known.
    bool has_origin = false;     ///< Whose slots or rows it has is known.
    bool has_length = false;     ///< A source's length was asked for, and given.
    bool has_contracts = false;  ///< What its outputs give is known.
  };
  bool has_kind = true;
  bool is_trained = false;  ///< The plan trains it, of whatever kind it is.
  bool has_all_nodes = true;
  std::vector<OfNode> nodes;
  /// A file or folder of the run's folder that a node writes.
  struct Written {
    int node = 0;
    std::string place;
    Place at;
  };
  std::vector<Written> written;
  std::vector<std::string> disclosed;       ///< Sentences of its nodes on where figures come from.
  std::vector<bool> wire_has_more_readers;  ///< By wire: a connection to it was meant that could not be made.

  /// Returns true if the edges of the phase are those that its text means.
  [[nodiscard]] bool has_all_edges() const {
    return has_all_nodes && std::all_of(nodes.begin(), nodes.end(), [](const OfNode& node) { return node.has_inputs; });
  }
  OfNode& of(int node) { return nodes[static_cast<std::size_t>(node)]; }
  [[nodiscard]] const OfNode& of(int node) const { return nodes[static_cast<std::size_t>(node)]; }
};

/// Returns true if a node of this name may be in the phase although it was not found: a mistake hides it.
[[nodiscard]] inline bool may_have(const ProgramPhase& phase, const PhaseKnown& known, std::string_view name) {
  if (!known.has_all_nodes) return true;
  // Of an instance whose template is not known there is only its own name.
  for (std::size_t end = name.find('/'); end != std::string_view::npos; end = name.find('/', end + 1)) {
    const int instance = phase.find(name.substr(0, end));
    if (instance >= 0 && !phase.nodes[static_cast<std::size_t>(instance)].node) return true;
  }
  return false;
}

}  // namespace leat::program
