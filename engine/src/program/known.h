#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "leat/program.h"

namespace leat::program {

/// The known facts about a phase whose graph can have mistakes. Each pass uses known facts and adds to them. It does not report errors that
/// can follow from reported mistakes alone.
struct PhaseKnown {
  struct OfNode {
    bool is_whole = false;       ///< Its text, parameters and resources are valid, so its own code can be called.
    bool has_inputs = false;     ///< All connections in its text were made.
    bool has_upstream = false;   ///< So were those of all nodes upstream, so all paths to it are known.
    bool has_lane = false;       ///< Its lane is known.
    bool has_grain = false;      ///< Its grain is known.
    bool has_origin = false;     ///< Its origin is known.
    bool has_length = false;     ///< For a source: its length is known.
    bool has_contracts = false;  ///< The contracts of its outputs are known.
  };
  bool has_kind = true;
  bool is_trained = false;  ///< The plan trains this phase, whatever its kind.
  bool has_all_nodes = true;
  std::vector<OfNode> nodes;
  /// A file or folder in the run's folder that a node writes.
  struct Written {
    int node = 0;
    std::string place;
    Place at;
  };
  std::vector<Written> written;
  std::vector<bool> wire_has_more_readers;  ///< Indexed by wire: a connection to it could not be made.

  /// Returns true if all edges in the phase's text were made.
  [[nodiscard]] bool has_all_edges() const {
    return has_all_nodes && std::all_of(nodes.begin(), nodes.end(), [](const OfNode& node) { return node.has_inputs; });
  }
  OfNode& of(int node) { return nodes[static_cast<std::size_t>(node)]; }
  [[nodiscard]] const OfNode& of(int node) const { return nodes[static_cast<std::size_t>(node)]; }
};

/// Returns true if the phase can have a node of this name that a mistake hides.
[[nodiscard]] inline bool may_have(const ProgramPhase& phase, const PhaseKnown& known, std::string_view name) {
  if (!known.has_all_nodes) return true;
  // An instance of an unknown template has only a node with its own name.
  for (std::size_t end = name.find('/'); end != std::string_view::npos; end = name.find('/', end + 1)) {
    const int instance = phase.find(name.substr(0, end));
    if (instance >= 0 && !phase.nodes[static_cast<std::size_t>(instance)].node) return true;
  }
  return false;
}

}  // namespace leat::program
