#include "conformance/reordered_runs.h"

#include <algorithm>
#include <vector>

#include "conformance/named_axes.h"
#include "conformance/trial_nodes.h"
#include "leat/node_error.h"

namespace leat::conformance {

Metrics ReorderedRuns::run_plain(FirstPuts& puts) const {
  Program program = build_(graph_, registry_);
  return run_(program, puts);
}

std::optional<ReorderedRun> ReorderedRuns::run_in(const ProgramNode& node, const Names& names, const Order& order,
                                                  std::string& why_not) const {
  GraphDescription graph = graph_;
  Registry types = registry_;
  PhaseText& text = *std::find_if(graph.phases.begin(), graph.phases.end(), [&](const PhaseText& one) { return one.name == phase().name; });
  const auto reader = static_cast<std::size_t>(
      std::find_if(text.nodes.begin(), text.nodes.end(), [&](const NodeText& one) { return one.name == node.name; }) - text.nodes.begin());
  Names renamed(names.size());
  for (std::size_t k = 0; k < names.size(); ++k) renamed[static_cast<std::size_t>(order[k])] = names[k];
  std::vector<std::pair<std::string, std::vector<int>>> added;
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      const Wire& read = wire(feed.wire);
      const std::vector<int> axes = axes_of(read.contract, names);
      if (axes.empty()) continue;
      if (!read.port->type().reorder) {
        why_not = "values of the type `" + std::string(read.port->type().name) + "` cannot be reordered: it has no `reorder`";
        return {};
      }
      const NodeType type = reordering_type("trial.reorder_" + std::to_string(added.size()), read,
                                            phase().nodes[static_cast<std::size_t>(read.node)].lane, {axes, renamed, order});
      types.add(type);
      const auto is_feed = [&](const InputText& one) {
        return (one.port.empty() || one.port == input.port->name()) && one.member == feed.member;
      };
      const auto& in = text.nodes[reader].in;
      const auto at = static_cast<std::size_t>(std::find_if(in.begin(), in.end(), is_feed) - in.begin());
      const Reference from = in.at(at).from;
      added.emplace_back(add_node(text, type, from), axes);
      text.nodes[reader].in[at].from = {added.back().first, "reordered", from.place};
    }
  Program program = build_(graph, types);
  const ProgramPhase& tried = first_phase(program);
  for (const auto& [name, axes] : added)
    for (const int axis : axes) {
      const ProgramNode& one = tried.nodes[static_cast<std::size_t>(tried.find(name))];
      if (names_at(tried.wires[static_cast<std::size_t>(one.wires[0])].contract, axis) == renamed) continue;
      why_not = "they are known only from nodes that read what it outputs";
      return {};
    }
  FirstPuts after(phase().name);
  ReorderedRun out{order, {}, {}, run_(program, after)};
  for (const int index : tried.nodes[static_cast<std::size_t>(tried.find(node.name))].wires) {
    const Wire& of = tried.wires[static_cast<std::size_t>(index)];
    const std::string port(of.port->name());
    out.puts[port] = after.of(node.name, port);
    out.contracts[port] = of.contract;
  }
  return out;
}

bool ReorderedRuns::draws(const ProgramNode& node, const std::string& port, const BySlot& before) const {
  GraphDescription graph = graph_;
  auto& nodes =
      std::find_if(graph.phases.begin(), graph.phases.end(), [&](const PhaseText& one) { return one.name == phase().name; })->nodes;
  NodeText copy = *std::find_if(nodes.begin(), nodes.end(), [&](const NodeText& one) { return one.name == node.name; });
  copy.name = "trial_" + node.name;
  const std::string name = copy.name;
  nodes.push_back(std::move(copy));
  try {
    FirstPuts both(phase().name);
    Program program = build_(graph, registry_);
    (void)run_(program, both);
    return !is_order(before, both.of(name, port), {});
  } catch (const NodeError&) {
    return true;
  } catch (const GraphError&) {
    return true;
  }
}

}  // namespace leat::conformance
