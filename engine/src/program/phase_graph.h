#pragma once

#include <boost/graph/adjacency_list.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "leat/program.h"

namespace leat::program {

using NodePair = std::pair<int, int>;

/// The nodes of a phase as a graph for Boost, with an edge from a node to each of its readers. Parallel edges are one. [one thread]
class PhaseGraph {
 public:
  explicit PhaseGraph(const ProgramPhase& phase);

  /// Adds edges that carry no value.
  void add(const std::vector<NodePair>& edges);
  /// Returns one cycle per group of nodes that read each other, and removes the edges within these groups.
  [[nodiscard]] std::vector<std::vector<int>> take_cycles();
  /// Returns a topological order that keeps the order of the text where possible; nullopt if there is a cycle.
  [[nodiscard]] std::optional<std::vector<int>> order() const;
  /// Returns, for each node, the largest number of edges for which `counts` is true on a path to it. Precondition: no cycles.
  template <class Counts>
  [[nodiscard]] std::vector<int> most_on_a_path(Counts counts) const {
    std::vector<NodePair> counted;
    for (const NodePair& pair : edges())
      if (counts(pair.first, pair.second)) counted.push_back(pair);
    return longest(counted);
  }
  /// Returns the graph in which each node's edges are those of its leader. A node leads itself if it is its own leader.
  [[nodiscard]] PhaseGraph contracted(const std::vector<int>& leader) const;
  /// Returns all pairs of nodes with a path from the first to the second, as edges.
  [[nodiscard]] boost::adjacency_list<> paths() const;

 private:
  using Graph = boost::adjacency_list<boost::setS, boost::vecS, boost::directedS>;
  explicit PhaseGraph(std::size_t nodes) : graph_(nodes) {}
  /// Returns the vertex of a node. Vertices are numbered from the last node to the first, so that Boost's depth-first order keeps to the
  /// text.
  [[nodiscard]] std::size_t vertex(int node) const { return boost::num_vertices(graph_) - 1 - static_cast<std::size_t>(node); }
  [[nodiscard]] int node(std::size_t vertex) const { return static_cast<int>(boost::num_vertices(graph_) - 1 - vertex); }
  [[nodiscard]] std::vector<NodePair> edges() const;
  [[nodiscard]] std::vector<int> longest(const std::vector<NodePair>& counted) const;

  Graph graph_;
};

}  // namespace leat::program
