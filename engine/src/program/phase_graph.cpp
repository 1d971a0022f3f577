#include "program/phase_graph.h"

#include <algorithm>
#include <boost/graph/dag_shortest_paths.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/graph/topological_sort.hpp>
#include <boost/graph/transitive_closure.hpp>
#include <iterator>
#include <set>

namespace leat::program {

PhaseGraph::PhaseGraph(const ProgramPhase& phase) : graph_(phase.nodes.size()) {
  for (const Wire& wire : phase.wires)
    for (const Wire::Reader& reader : wire.readers) boost::add_edge(vertex(wire.node), vertex(reader.node), graph_);
}

void PhaseGraph::add(const std::vector<NodePair>& edges) {
  for (const auto& [from, to] : edges) boost::add_edge(vertex(from), vertex(to), graph_);
}

std::vector<NodePair> PhaseGraph::edges() const {
  std::vector<NodePair> pairs;
  for (std::size_t from = 0; from < boost::num_vertices(graph_); ++from)
    for (auto [to, end] = boost::adjacent_vertices(from, graph_); to != end; ++to) pairs.emplace_back(node(from), node(*to));
  return pairs;
}

std::vector<std::vector<int>> PhaseGraph::take_cycles() {
  std::vector<int> group(boost::num_vertices(graph_));
  const int count = boost::strong_components(graph_, group.data());
  std::vector<std::vector<int>> cycles;
  for (int which = 0; which < count; ++which) {
    // Start at the group's first node in the text.
    const auto last = std::find(group.rbegin(), group.rend(), which);
    std::vector<std::size_t> path{static_cast<std::size_t>(std::distance(last, group.rend())) - 1};
    // Walk inside the group until a node repeats. A group without a cycle has no edge inside.
    for (;;) {
      std::optional<std::size_t> next;
      for (auto [at, end] = boost::adjacent_vertices(path.back(), graph_); at != end; ++at)
        if (group[*at] == which) next = *at;
      if (!next) break;
      if (const auto again = std::find(path.begin(), path.end(), *next); again != path.end()) {
        std::vector<int>& cycle = cycles.emplace_back();
        for (auto one = again; one != path.end(); ++one) cycle.push_back(node(*one));
        break;
      }
      path.push_back(*next);
    }
  }
  for (const auto& [from, to] : edges())
    if (group[vertex(from)] == group[vertex(to)]) boost::remove_edge(vertex(from), vertex(to), graph_);
  return cycles;
}

std::optional<std::vector<int>> PhaseGraph::order() const {
  std::vector<std::size_t> vertices;
  try {
    boost::topological_sort(graph_, std::back_inserter(vertices));
  } catch (const boost::not_a_dag&) {
    return {};
  }
  std::vector<int> nodes;
  for (auto one = vertices.rbegin(); one != vertices.rend(); ++one) nodes.push_back(node(*one));
  return nodes;
}

std::vector<int> PhaseGraph::longest(const std::vector<NodePair>& counted) const {
  // Find the shortest path from a root before all nodes, in which each counted edge has length -1.
  using Weighted =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, boost::property<boost::edge_weight_t, int>>;
  const std::size_t root = boost::num_vertices(graph_);
  Weighted graph(root + 1);
  const std::set<NodePair> all(counted.begin(), counted.end());
  for (std::size_t one = 0; one < root; ++one) boost::add_edge(root, one, 0, graph);
  for (const NodePair& pair : edges()) boost::add_edge(vertex(pair.first), vertex(pair.second), all.contains(pair) ? -1 : 0, graph);
  std::vector<int> distance(root + 1);
  boost::dag_shortest_paths(graph, root, boost::distance_map(distance.data()));
  std::vector<int> out;
  for (std::size_t k = 0; k < root; ++k) out.push_back(-distance[vertex(static_cast<int>(k))]);
  return out;
}

PhaseGraph PhaseGraph::contracted(const std::vector<int>& leader) const {
  PhaseGraph out(leader.size());
  std::vector<NodePair> kept;
  for (const auto& [from, to] : edges()) {
    const NodePair pair{leader[static_cast<std::size_t>(from)], leader[static_cast<std::size_t>(to)]};
    if (pair.first != pair.second) kept.push_back(pair);
  }
  out.add(kept);
  return out;
}

boost::adjacency_list<> PhaseGraph::paths() const {
  boost::adjacency_list<> forward(boost::num_vertices(graph_)), closure;
  for (const auto& [from, to] : edges()) boost::add_edge(static_cast<std::size_t>(from), static_cast<std::size_t>(to), forward);
  boost::transitive_closure(forward, closure);
  return closure;
}

}  // namespace leat::program
