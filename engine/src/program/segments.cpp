#include "program/segments.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "program/merged_passes.h"
#include "program/phase_graph.h"

namespace leat::program {

namespace {

/// Returns for each node the largest number of times that a path to it left the device lane for the cpu lane. Nodes of one level and lane
/// can run as one block.
std::vector<int> levels(const ProgramPhase& phase, const PhaseGraph& graph) {
  const auto lane = [&](int node) { return phase.nodes[static_cast<std::size_t>(node)].lane; };
  return graph.most_on_a_path([&](int from, int to) { return lane(from) == LaneKind::Device && lane(to) == LaneKind::Cpu; });
}

PhaseGraph acyclic(const ProgramPhase& phase) {
  PhaseGraph graph(phase);
  (void)graph.take_cycles();
  return graph;
}

struct Users {
  std::vector<int> readers;
  std::vector<int> writers;
};

std::map<int, Users> users_of(const ProgramPhase& phase) {
  std::map<int, Users> users;
  for (const int index : phase.order) {
    std::map<int, bool> writes;
    for (const auto& [resource, access] : phase.nodes[static_cast<std::size_t>(index)].resources)
      writes[resource] = writes[resource] || access == UsePort::Access::Write;
    for (const auto& [resource, is_written] : writes) (is_written ? users[resource].writers : users[resource].readers).push_back(index);
  }
  return users;
}

class Former {
 public:
  Former(const PhaseText& text, const Program& program, ProgramPhase& phase, const PhaseKnown& known, Diagnostics& diagnostics)
      : text_(text),
        program_(program),
        phase_(phase),
        known_(known),
        diagnostics_(diagnostics),
        graph_(acyclic(phase)),
        level_(levels(phase, graph_)),
        users_(users_of(phase)),
        paths_(graph_.paths()) {}

  void form() {
    check_users();
    find_levels();
    reorder(order_users());
    check_gradients();
    if (diagnostics_.has_errors() || !known_.has_all_edges()) return;
    std::map<int, Segment> segments;
    for (const int index : phase_.order)
      if (node(index).lane == LaneKind::Device) segments[level_[static_cast<std::size_t>(index)]].nodes.push_back(index);
    for (auto& [level, segment] : segments) {
      for (const int index : segment.nodes) node(index).segment = static_cast<int>(phase_.segments.size());
      phase_.segments.push_back(std::move(segment));
    }
    if (program_.settings.merges_passes && phase_.kind == PhaseKind::Train) merge_passes(text_, graph_, phase_);
    for (Wire& wire : phase_.wires) {
      const int segment = node(wire.node).segment;
      wire.stays_in_segment = segment >= 0 && std::all_of(wire.readers.begin(), wire.readers.end(),
                                                          [&](const Wire::Reader& reader) { return node(reader.node).segment == segment; });
    }
  }

 private:
  /// Returns true if all paths between the two nodes are known.
  bool knows_paths(int from, int to) const { return known_.of(to).has_upstream || node(from).wires.empty(); }
  bool has_right_lane(int index) const { return known_.of(index).has_lane && !has_wrong_lane_.contains(index); }
  bool are_of_one_level(int a, int b) const { return level_[static_cast<std::size_t>(a)] == level_[static_cast<std::size_t>(b)]; }
  bool knows_levels(int a, int b) const { return knows_level_[static_cast<std::size_t>(a)] && knows_level_[static_cast<std::size_t>(b)]; }
  bool has_path(int from, int to) const { return boost::edge(static_cast<std::size_t>(from), static_cast<std::size_t>(to), paths_).second; }
  ProgramNode& node(int index) { return phase_.nodes[static_cast<std::size_t>(index)]; }
  const ProgramNode& node(int index) const { return phase_.nodes[static_cast<std::size_t>(index)]; }

  /// Reports nodes that change a resource where that is not allowed, and nodes that use it at the same time.
  void check_users() {
    std::map<int, std::vector<std::string>> changed;
    std::map<std::pair<int, int>, std::vector<std::string>> unordered;
    const bool may_write = phase_.kind == PhaseKind::Train && known_.has_kind;
    for (const auto& [resource, users] : users_) {
      const std::string& name = program_.resources[static_cast<std::size_t>(resource)].name;
      for (const int writer : users.writers) changed[writer].push_back(name);
      if (!may_write) continue;
      for (const int reader : users.readers)
        if (!users.writers.empty()) check_reader(reader, users.writers.front(), name);
      for (std::size_t a = 0; a < users.writers.size(); ++a)
        for (std::size_t b = a + 1; b < users.writers.size(); ++b)
          if (knows_paths(users.writers[a], users.writers[b]) && knows_paths(users.writers[b], users.writers[a]) &&
              !has_path(users.writers[a], users.writers[b]))
            unordered[{users.writers[a], users.writers[b]}].push_back(name);
    }
    for (const auto& [writer, names] : changed) {
      check_writer(writer, name_list(names));
      if (may_write) check_learning(writer);
    }
    for (const auto& [pair, names] : unordered)
      diagnostics_
          .error("resource.unordered", node(pair.second).place,
                 "`" + node(pair.first).name + "` and `" + node(pair.second).name + "` both change " + name_list(names) +
                     " in no defined order",
                 "remove one of them, or let one read an output of the other")
          .notes.push_back({node(pair.first).place, "`" + node(pair.first).name + "` is declared here"});
  }

  void check_reader(int reader, int writer, const std::string& resource) {
    if (node(reader).lane != LaneKind::Cpu || !known_.of(reader).has_lane || !has_wrong_lane_.insert(reader).second) return;
    diagnostics_.error("resource.unordered", node(reader).place,
                       "`" + node(reader).name + "` reads `" + resource + "` on the cpu lane while `" + node(writer).name + "` changes it" +
                           (node(writer).lane == LaneKind::Device ? " on the device lane" : ""),
                       "run it on the device lane too");
  }

  /// Finds the nodes for which all paths to them, and the lanes on these paths, are known.
  void find_levels() {
    knows_level_.assign(phase_.nodes.size(), false);
    for (const int index : phase_.order) {
      bool is_known = known_.of(index).has_upstream && has_right_lane(index);
      for (const BoundInput& input : node(index).inputs)
        for (const Feed& feed : input.feeds)
          is_known = is_known && knows_level_[static_cast<std::size_t>(phase_.wires[static_cast<std::size_t>(feed.wire)].node)];
      knows_level_[static_cast<std::size_t>(index)] = is_known;
    }
  }

  /// Returns ordering edges, which carry no value. Within a step, a node that reads a resource runs before the node that changes it, unless
  /// the reader depends on that node.
  std::vector<NodePair> order_users() const {
    std::vector<NodePair> extra;
    for (const auto& [resource, users] : users_)
      for (const int writer : users.writers)
        for (const int reader : users.readers)
          if (knows_levels(reader, writer) && are_of_one_level(reader, writer) && !has_path(writer, reader))
            extra.emplace_back(reader, writer);
    return extra;
  }

  void check_writer(int index, const std::string& changed) {
    const ProgramNode& writer = node(index);
    if (phase_.kind != PhaseKind::Train && known_.has_kind && !known_.is_trained)
      diagnostics_.error("resource.writer", writer.place,
                         "`" + writer.name + "` changes " + changed + " in a `" + std::string(leat::name(phase_.kind)) + "` phase",
                         "only a `train` phase can change resources");
    if (writer.lane != LaneKind::Device && known_.of(index).has_lane) {
      has_wrong_lane_.insert(index);
      diagnostics_.error("resource.writer", writer.place, "`" + writer.name + "` changes " + changed + " on the cpu lane",
                         "run it on the device lane, where checkpoints are taken between two steps");
    }
  }

  /// Warns if a node changes weights by a gradient, but none of its inputs depends on these weights. The node changes the weights through
  /// another resource, its optimizer.
  void check_learning(int index) {
    const ProgramNode& writer = node(index);
    const auto has_gradient = [](const BoundInput& input) { return input.port->is(differentiable) && !input.feeds.empty(); };
    if (!known_.of(index).has_upstream || std::none_of(writer.inputs.begin(), writer.inputs.end(), has_gradient)) return;
    for (const auto& [optimizer, access] : writer.resources)
      for (const auto& [weights, inner] : program_.resources[static_cast<std::size_t>(optimizer)].uses) {
        if (access != UsePort::Access::Write || inner != UsePort::Access::Write) continue;
        const auto uses = [&, weights = weights](int one) {
          const auto& all = node(one).resources;
          return std::any_of(all.begin(), all.end(), [&](const auto& use) {
            return use.first == weights && (one != index || use.second == UsePort::Access::Read);
          });
        };
        const bool is_learnt = std::any_of(phase_.order.begin(), phase_.order.end(),
                                           [&](int one) { return (one == index || has_path(one, index)) && uses(one); });
        if (is_learnt) continue;
        const std::string& name = program_.resources[static_cast<std::size_t>(weights)].name;
        diagnostics_.warning("resource.unused", writer.place,
                             "`" + writer.name + "` changes `" + name + "` by `" +
                                 program_.resources[static_cast<std::size_t>(optimizer)].name + "`, but none of its inputs depends on `" +
                                 name + "`, so the gradient is always 0");
      }
  }

  void reorder(const std::vector<NodePair>& extra) {
    graph_.add(extra);
    if (std::optional<std::vector<int>> order = graph_.order()) phase_.order = std::move(*order);
    else
      diagnostics_.error(
          "resource.unordered", text_.place,
          "nodes of `" + phase_.name + "` change resources that others read in a cycle, so no order lets each reader run first");
  }

  void check_gradients() {
    if (phase_.kind != PhaseKind::Train || !known_.has_kind) return;
    check_gradients(
        [this](int from, int to) { return node(from).lane != node(to).lane && has_wrong_lane_.insert(on_cpu(from, to)).second; },
        "the two nodes run on different lanes");
    find_levels();
    check_gradients(
        [this](int from, int to) {
          const bool are_on_device = node(from).lane == LaneKind::Device && node(to).lane == LaneKind::Device;
          return are_on_device && !are_of_one_level(from, to) && knows_levels(from, to);
        },
        "its segment ends before a value goes to the cpu lane and comes back");
  }

  int on_cpu(int a, int b) const { return node(a).lane == LaneKind::Cpu ? a : b; }

  /// Reports each gradient for which `is_wrong`, between nodes whose lanes are right.
  template <class IsWrong>
  void check_gradients(IsWrong is_wrong, const std::string& why) {
    for (const Wire& wire : phase_.wires) {
      if (!wire.port->is(differentiable)) continue;
      for (const Wire::Reader& reader : wire.readers) {
        const BoundInput& input = node(reader.node).inputs[static_cast<std::size_t>(reader.input)];
        const bool has_gradient = input.port->is(differentiable) && has_right_lane(reader.node) && has_right_lane(wire.node);
        if (!has_gradient || !is_wrong(wire.node, reader.node)) continue;
        diagnostics_.error("gradient.border", input.feeds[static_cast<std::size_t>(reader.member)].place,
                           "no gradient can flow from `" + std::string(input.port->name()) + "` of `" + node(reader.node).name +
                               "` back to node `" + node(wire.node).name + "`: " + why,
                           "run every node between the weights and the loss on the device lane");
      }
    }
  }

  const PhaseText& text_;
  const Program& program_;
  ProgramPhase& phase_;
  const PhaseKnown& known_;
  Diagnostics& diagnostics_;
  PhaseGraph graph_;
  std::vector<int> level_;
  std::vector<bool> knows_level_;
  std::map<int, Users> users_;    ///< Indexed by resource.
  std::set<int> has_wrong_lane_;  ///< Nodes that are reported for their lane.
  boost::adjacency_list<> paths_;
};

}  // namespace

void form_segments(const PhaseText& text, const Program& program, ProgramPhase& phase, const PhaseKnown& known, Diagnostics& diagnostics) {
  Former(text, program, phase, known, diagnostics).form();
}

}  // namespace leat::program
