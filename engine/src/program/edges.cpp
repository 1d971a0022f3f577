#include "program/edges.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>
#include <set>

#include "program/configure.h"
#include "program/resources.h"

namespace leat::program {

std::string name_of(const ProgramPhase& phase, const Wire& wire) {
  const ProgramNode& node = phase.nodes[static_cast<std::size_t>(wire.node)];
  return node.wires.size() == 1 ? node.name : node.name + "." + std::string(wire.port->name());
}

void make_nodes(const PhaseText& text, const Registry& registry, Program& program, ProgramPhase& phase, Diagnostics& diagnostics) {
  if (text.nodes.empty()) diagnostics.error("phase.empty", text.place, "the phase `" + text.name + "` has no nodes");
  for (const NodeText& node_text : text.nodes) {
    ProgramNode& node = phase.nodes.emplace_back();
    node.name = node_text.name;
    node.place = node_text.place;
    node.skips_errors = node_text.skips_errors;
    node.type = registry.find_node(node_text.uses.text);
    if (!node.type) {
      const bool is_resource = registry.find_resource(node_text.uses.text) != nullptr;
      const std::string refused = registry.why_not(node_text.uses.text);
      diagnostics.error("node.type", node_text.uses.place, "no node type is called `" + node_text.uses.text + "`",
                        is_resource       ? "it is a resource type and belongs under `resources`"
                        : refused.empty() ? name_hint(node_text.uses.text, registry.node_ids())
                                          : refused);
      continue;
    }
    const auto at_name = [&](const std::string&) { return node_text.place; };
    if (!guarded("node.refused", node_text, node.type->plugin, at_name, diagnostics, [&] { node.node = node.type->make(); })) continue;
    node.source = dynamic_cast<const Source*>(node.node.get());
    node.lane = node.type->lane;
    if (node_text.lane) {
      if (node_text.lane->text == "cpu" || node_text.lane->text == "device")
        node.lane = node_text.lane->text == "cpu" ? LaneKind::Cpu : LaneKind::Device;
      else
        diagnostics.error("lane.unknown", node_text.lane->place, "no lane is called `" + node_text.lane->text + "`",
                          "valid names are `cpu` and `device`");
    }
    node.resources = bind_resources(configure(*node.node, node_text, diagnostics), node.name, program, diagnostics);
    for (const Port* port : node.node->inputs()) node.inputs.push_back({port, {}});
    for (const Port* port : node.node->outputs()) {
      node.wires.push_back(static_cast<int>(phase.wires.size()));
      Wire& wire = phase.wires.emplace_back();
      wire.node = static_cast<int>(phase.nodes.size()) - 1;
      wire.output = port->index();
      wire.port = port;
    }
  }
}

namespace {

std::vector<std::string> port_names(const std::vector<Port*>& ports) {
  std::vector<std::string> names;
  for (const Port* port : ports) names.emplace_back(port->name());
  return names;
}

/// The wire that a reference names, or -1 after a diagnostic.
int find_wire(const ProgramPhase& phase, const std::string& reader, const Reference& from, Diagnostics& diagnostics) {
  const int index = phase.find(from.node);
  if (index < 0) {
    std::vector<std::string> names;
    for (const ProgramNode& node : phase.nodes) names.push_back(node.name);
    diagnostics.error("node.unknown", from.place,
                      "`" + reader + "` reads `" + from.node + "`, and no node of `" + phase.name + "` has that name",
                      name_hint(from.node, names));
    return -1;
  }
  const ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
  if (!node.node) return -1;
  const auto& outputs = node.node->outputs();
  if (from.port.empty()) {
    if (outputs.size() == 1) return node.wires[0];
    diagnostics.error("output.unknown", from.place,
                      outputs.empty()
                          ? "`" + node.name + "` (" + node.type->id + ") has no output"
                          : "`" + node.name + "` (" + node.type->id + ") has " + std::to_string(outputs.size()) + " outputs; say which",
                      outputs.empty() ? "" : "one of " + name_list(port_names(outputs)));
    return -1;
  }
  for (const Port* port : outputs)
    if (port->name() == from.port) return node.wires[static_cast<std::size_t>(port->index())];
  diagnostics.error("output.unknown", from.place, "`" + node.name + "` (" + node.type->id + ") has no output `" + from.port + "`",
                    name_hint(from.port, port_names(outputs)));
  return -1;
}

const Port* find_input(const ProgramNode& node, const InputText& text, Diagnostics& diagnostics) {
  const auto& inputs = node.node->inputs();
  if (text.port.empty()) {
    if (inputs.size() == 1) return inputs[0];
    diagnostics.error("input.unknown", text.place,
                      inputs.empty()
                          ? "`" + node.name + "` (" + node.type->id + ") has no input"
                          : "`" + node.name + "` (" + node.type->id + ") has " + std::to_string(inputs.size()) + " inputs; say which",
                      inputs.empty() ? "" : "`in: {" + std::string(inputs[0]->name()) + ": …}`");
    return nullptr;
  }
  for (const Port* port : inputs)
    if (port->name() == text.port) return port;
  diagnostics.error("input.unknown", text.place, "`" + node.name + "` (" + node.type->id + ") has no input `" + text.port + "`",
                    name_hint(text.port, port_names(inputs)));
  return nullptr;
}

std::string wrong_type(const ProgramPhase& phase, const Wire& wire, const ProgramNode& node, const Port& port) {
  const std::string given(wire.port->type().name), taken(port.type().name);
  if (given != taken)
    return "`" + name_of(phase, wire) + "` gives " + given + " values, `" + std::string(port.name()) + "` of `" + node.name + "` takes " +
           taken + " values";
  const NodeType& from = *phase.nodes[static_cast<std::size_t>(wire.node)].type;
  return "`" + name_of(phase, wire) + "` " + of_type(from.id, from.plugin) + " gives " + given + " values of the C++ type " +
         wire.port->type().identity.str() + ", `" + std::string(port.name()) + "` of `" + node.name + "` " +
         of_type(node.type->id, node.type->plugin) + " takes " + taken + " values of the C++ type " + port.type().identity.str();
}

bool fits(const ProgramPhase& phase, const ProgramNode& node, const Port& port, const Wire& wire, const InputText& text,
          Diagnostics& diagnostics) {
  const ProgramNode& from = phase.nodes[static_cast<std::size_t>(wire.node)];
  if (!port.type().is_same(wire.port->type())) {
    diagnostics
        .error("edge.type", text.from.place, wrong_type(phase, wire, node, port),
               port.type().name == wire.port->type().name
                   ? "two C++ types are called `" + std::string(port.type().name) + "`: rename one in its ValueTraits, or share its header"
                   : "")
        .notes.push_back({from.place, "`" + from.name + "` is declared here"});
    return false;
  }
  if (wire.port->is(diagnostic) && !port.is(diagnostic)) {
    diagnostics.error("edge.diagnostic", text.from.place,
                      "`" + name_of(phase, wire) + "` is for diagnosis only, and `" + std::string(port.name()) + "` of `" + node.name +
                          "` would teach with it",
                      "connect it to a port that only measures, such as `truth` of a gate");
    return false;
  }
  return true;
}

}  // namespace

void connect(const PhaseText& text, ProgramPhase& phase, Diagnostics& diagnostics) {
  for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
    ProgramNode& node = phase.nodes[k];
    if (!node.node) continue;
    for (const InputText& input : text.nodes[k].in) {
      const Port* port = find_input(node, input, diagnostics);
      const int wire = find_wire(phase, node.name, input.from, diagnostics);
      if (!port || wire < 0) continue;
      if ((port->kind() == PortKind::Inputs) == input.member.empty()) {
        diagnostics.error("input.unknown", input.place,
                          port->kind() == PortKind::Inputs
                              ? "`" + std::string(port->name()) + "` of `" + node.name + "` takes named values"
                              : "`" + std::string(port->name()) + "` of `" + node.name + "` takes one value, without a name",
                          port->kind() == PortKind::Inputs ? "`" + std::string(port->name()) + ": {name: node.port, …}`"
                                                           : "`" + std::string(port->name()) + ": node.port`");
        continue;
      }
      if (!fits(phase, node, *port, phase.wires[static_cast<std::size_t>(wire)], input, diagnostics)) continue;
      BoundInput& bound = node.inputs[static_cast<std::size_t>(port->index())];
      phase.wires[static_cast<std::size_t>(wire)].readers.push_back(
          {static_cast<int>(k), port->index(), static_cast<int>(bound.feeds.size())});
      bound.feeds.push_back({wire, input.member, input.from.place});
    }
    for (const BoundInput& bound : node.inputs) {
      const bool was_named = std::any_of(text.nodes[k].in.begin(), text.nodes[k].in.end(),
                                         [&](const InputText& input) { return input.port == bound.port->name() || input.port.empty(); });
      if (bound.feeds.empty() && !was_named && !is_optional(bound.port->kind()))
        diagnostics.error("input.missing", node.place,
                          "`" + std::string(bound.port->name()) + "` of `" + node.name + "` (" + node.type->id + ") is not connected",
                          "`in: {" + std::string(bound.port->name()) + ": …}`: " + std::string(bound.port->sentence()));
    }
  }
}

std::vector<int> declared_order(const ProgramPhase& phase, const std::vector<std::pair<int, int>>& extra) {
  std::vector<std::vector<int>> after(phase.nodes.size());
  std::vector<int> waits(phase.nodes.size(), 0);
  const auto add = [&](int from, int to) {
    after[static_cast<std::size_t>(from)].push_back(to);
    ++waits[static_cast<std::size_t>(to)];
  };
  for (const Wire& wire : phase.wires)
    for (const Wire::Reader& reader : wire.readers) add(wire.node, reader.node);
  for (const auto& [from, to] : extra) add(from, to);
  std::set<int> ready;
  for (std::size_t k = 0; k < waits.size(); ++k)
    if (waits[k] == 0) ready.insert(static_cast<int>(k));
  std::vector<int> order;
  while (!ready.empty()) {
    const int next = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(next);
    for (const int reader : after[static_cast<std::size_t>(next)])
      if (--waits[static_cast<std::size_t>(reader)] == 0) ready.insert(reader);
  }
  return order;
}

void order_nodes(ProgramPhase& phase, Diagnostics& diagnostics) {
  phase.order = declared_order(phase, {});
  if (phase.order.size() == phase.nodes.size()) return;
  boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> graph(phase.nodes.size());
  for (const Wire& wire : phase.wires)
    for (const Wire::Reader& reader : wire.readers)
      boost::add_edge(static_cast<std::size_t>(wire.node), static_cast<std::size_t>(reader.node), graph);
  std::vector<int> component(phase.nodes.size());
  const int count = boost::strong_components(graph, component.data());
  for (int which = 0; which < count; ++which) {
    std::vector<std::size_t> members;
    for (std::size_t k = 0; k < component.size(); ++k)
      if (component[k] == which) members.push_back(k);
    const auto reads_itself = [&](std::size_t k) { return boost::edge(k, k, graph).second; };
    if (members.size() == 1 && !reads_itself(members[0])) continue;
    // Walk inside the component until a node comes again: that is one cycle.
    std::vector<std::size_t> path{members[0]};
    for (;;) {
      std::size_t next = path.back();
      for (auto [edge, end] = boost::out_edges(path.back(), graph); edge != end; ++edge)
        if (component[boost::target(*edge, graph)] == which) {
          next = boost::target(*edge, graph);
          break;
        }
      const auto again = std::find(path.begin(), path.end(), next);
      if (again != path.end()) {
        path.erase(path.begin(), again);
        break;
      }
      path.push_back(next);
    }
    std::string words;
    for (const std::size_t k : path) words += "`" + phase.nodes[k].name + "` → ";
    diagnostics.error("cycle", phase.nodes[path[0]].place, "a cycle: " + words + "`" + phase.nodes[path[0]].name + "`",
                      "what comes round from one step to the next belongs into a node's state or a resource");
  }
}

}  // namespace leat::program
