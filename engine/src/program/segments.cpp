#include "program/segments.h"

#include <algorithm>
#include <map>
#include <set>

#include "program/edges.h"

namespace leat::program {

namespace {

/// How often a path into each node left the device lane and came back: nodes of one level and lane are convex together.
std::vector<int> levels(const ProgramPhase& phase) {
  std::vector<int> level(phase.nodes.size(), 0);
  for (const int index : phase.order) {
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const int from = phase.wires[static_cast<std::size_t>(feed.wire)].node;
        const bool leaves = phase.nodes[static_cast<std::size_t>(from)].lane == LaneKind::Device && node.lane == LaneKind::Cpu;
        level[static_cast<std::size_t>(index)] =
            std::max(level[static_cast<std::size_t>(index)], level[static_cast<std::size_t>(from)] + (leaves ? 1 : 0));
      }
  }
  return level;
}

std::set<std::pair<int, int>> reachable(const ProgramPhase& phase) {
  std::set<std::pair<int, int>> paths;
  for (auto at = phase.order.rbegin(); at != phase.order.rend(); ++at)
    for (const int w : phase.nodes[static_cast<std::size_t>(*at)].wires)
      for (const Wire::Reader& reader : phase.wires[static_cast<std::size_t>(w)].readers) {
        paths.insert({*at, reader.node});
        for (std::size_t far = 0; far < phase.nodes.size(); ++far)
          if (paths.contains({reader.node, static_cast<int>(far)})) paths.insert({*at, static_cast<int>(far)});
      }
  return paths;
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
  Former(const PhaseText& text, const Program& program, ProgramPhase& phase, Diagnostics& diagnostics)
      : text_(text), program_(program), phase_(phase), diagnostics_(diagnostics), level_(levels(phase)), paths_(reachable(phase)) {}

  void form() {
    const auto extra = order_users();
    if (diagnostics_.has_errors()) return;
    reorder(extra);
    std::map<int, Segment> segments;
    for (const int index : phase_.order)
      if (node(index).lane == LaneKind::Device) segments[level_[static_cast<std::size_t>(index)]].nodes.push_back(index);
    for (auto& [level, segment] : segments) {
      for (const int index : segment.nodes) node(index).segment = static_cast<int>(phase_.segments.size());
      phase_.segments.push_back(std::move(segment));
    }
    check_gradients();
    for (Wire& wire : phase_.wires) {
      const int segment = node(wire.node).segment;
      wire.stays_in_segment = segment >= 0 && std::all_of(wire.readers.begin(), wire.readers.end(),
                                                          [&](const Wire::Reader& reader) { return node(reader.node).segment == segment; });
    }
  }

 private:
  ProgramNode& node(int index) { return phase_.nodes[static_cast<std::size_t>(index)]; }

  /// Edges that no value flows along: who reads a resource does so before its writer of the same step, unless it follows from it.
  std::vector<std::pair<int, int>> order_users() {
    std::vector<std::pair<int, int>> extra;
    std::map<int, std::vector<std::string>> changed;
    std::map<std::pair<int, int>, std::vector<std::string>> unordered;
    for (const auto& [resource, users] : users_of(phase_)) {
      const std::string& name = program_.resources[static_cast<std::size_t>(resource)].name;
      for (const int writer : users.writers) {
        changed[writer].push_back(name);
        for (const int reader : users.readers) {
          if (node(reader).lane == LaneKind::Cpu)
            diagnostics_.error("resource.unordered", node(reader).place,
                               "`" + node(reader).name + "` reads `" + name + "` on the cpu lane while `" + node(writer).name +
                                   "` changes it on the device lane",
                               "it belongs on the device lane too");
          else if (level_[static_cast<std::size_t>(reader)] == level_[static_cast<std::size_t>(writer)] &&
                   !paths_.contains({writer, reader}))
            extra.emplace_back(reader, writer);
        }
      }
      for (std::size_t a = 0; a < users.writers.size(); ++a)
        for (std::size_t b = a + 1; b < users.writers.size(); ++b)
          if (!paths_.contains({users.writers[a], users.writers[b]})) unordered[{users.writers[a], users.writers[b]}].push_back(name);
    }
    for (const auto& [writer, names] : changed) check_writer(node(writer), name_list(names));
    for (const auto& [pair, names] : unordered)
      diagnostics_
          .error("resource.unordered", node(pair.second).place,
                 "`" + node(pair.first).name + "` and `" + node(pair.second).name + "` both change " + name_list(names) + ", in no order",
                 "leave one of them out, or let one read what the other gives")
          .notes.push_back({node(pair.first).place, "`" + node(pair.first).name + "` is declared here"});
    return extra;
  }

  void check_writer(const ProgramNode& writer, const std::string& changed) {
    if (phase_.kind != PhaseKind::Train)
      diagnostics_.error("resource.writer", writer.place,
                         "`" + writer.name + "` changes " + changed + " in a `" + std::string(leat::name(phase_.kind)) + "` phase",
                         "only a `train` phase may change resources");
    if (writer.lane != LaneKind::Device)
      diagnostics_.error("resource.writer", writer.place, "`" + writer.name + "` changes " + changed + " on the cpu lane",
                         "resources change on the device lane, between two steps of which a checkpoint may stand");
  }

  void reorder(const std::vector<std::pair<int, int>>& extra) {
    std::vector<int> order = declared_order(phase_, extra);
    if (order.size() == phase_.nodes.size()) phase_.order = std::move(order);
    else
      diagnostics_.error(
          "resource.unordered", text_.place,
          "in `" + phase_.name + "` nodes change resources that others read in a circle: no order lets each reader come first");
  }

  void check_gradients() {
    for (const Wire& wire : phase_.wires) {
      if (!wire.port->is(differentiable) || phase_.kind != PhaseKind::Train) continue;
      for (const Wire::Reader& reader : wire.readers) {
        const BoundInput& input = node(reader.node).inputs[static_cast<std::size_t>(reader.input)];
        if (!input.port->is(differentiable) || node(reader.node).segment == node(wire.node).segment) continue;
        const bool same_lane = node(reader.node).lane == node(wire.node).lane;
        diagnostics_.error(
            "gradient.border", input.feeds[static_cast<std::size_t>(reader.member)].place,
            "the gradient of `" + std::string(input.port->name()) + "` of `" + node(reader.node).name + "` would have to cross to `" +
                node(wire.node).name + "`, " +
                (same_lane ? "whose segment ended before a value went to the cpu lane and came back" : "which runs on another lane"),
            "keep what lies between the weights and the loss on the device lane");
      }
    }
  }

  const PhaseText& text_;
  const Program& program_;
  ProgramPhase& phase_;
  Diagnostics& diagnostics_;
  std::vector<int> level_;
  std::set<std::pair<int, int>> paths_;
};

}  // namespace

void form_segments(const PhaseText& text, const Program& program, ProgramPhase& phase, Diagnostics& diagnostics) {
  Former(text, program, phase, diagnostics).form();
}

}  // namespace leat::program
