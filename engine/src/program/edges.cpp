#include "program/edges.h"

#include <algorithm>
#include <set>

#include "base/make_component.h"
#include "program/configure.h"
#include "program/phase_graph.h"

namespace leat::program {

std::string name_of(const ProgramPhase& phase, const Wire& wire) {
  const ProgramNode& node = phase.nodes[static_cast<std::size_t>(wire.node)];
  return node.wires.size() == 1 ? node.name : node.name + "." + std::string(wire.port->name());
}

namespace {

/// Returns false if the text names an unknown lane.
bool check_lane(const NodeText& text, Diagnostics& diagnostics) {
  if (!text.lane || text.lane->text == "cpu" || text.lane->text == "device") return true;
  diagnostics.error("lane.unknown", text.lane->place, "no lane is called `" + text.lane->text + "`", "valid names are `cpu` and `device`");
  return false;
}

void read_lane(const NodeText& text, ProgramNode& node, PhaseKnown::OfNode& known, Diagnostics& diagnostics) {
  node.lane = node.type->lane;
  known.has_lane = check_lane(text, diagnostics);
  if (text.lane && known.has_lane) node.lane = text.lane->text == "cpu" ? LaneKind::Cpu : LaneKind::Device;
}

/// Creates the node's object and reads its `with`. Returns false if there is no object with ports.
bool make_node(const NodeText& text, const Types& types, const ResourcesKnown& resources, Program& program, ProgramNode& node,
               PhaseKnown::OfNode& known, Diagnostics& diagnostics) {
  const std::size_t mistakes = diagnostics.all().size();
  node.type = types.find_node(text.uses, diagnostics);
  if (!node.type) {
    const NodeType* type = types.nearest_node(text.uses);
    const auto nearest = type ? made_quietly(*type) : nullptr;
    if (nearest) (void)bind_resources(configure_as(*nearest, type->id, text, diagnostics), node.name, resources, program, diagnostics);
    (void)check_lane(text, diagnostics);
    return false;
  }
  const auto at_name = [&](const std::string&) { return text.place; };
  const bool is_made = guarded("node.refused", text, node.type->plugin, at_name, diagnostics, [&] {
    std::unique_ptr<Node> made = made_of(*node.type);
    check_declared(*made, node.type->id);
    node.node = std::move(made);
  });
  if (!is_made) return false;
  node.source = dynamic_cast<const Source*>(node.node.get());
  read_lane(text, node, known, diagnostics);
  const Bound bound = bind_resources(configure(*node.node, text, diagnostics), node.name, resources, program, diagnostics);
  node.resources = bound.resources;
  known.is_whole = !text.is_broken && bound.is_whole && diagnostics.all().size() == mistakes;
  known.has_inputs = !text.is_broken;
  return true;
}

}  // namespace

void make_nodes(const PhaseText& text, const Types& types, const ResourcesKnown& resources, Program& program, ProgramPhase& phase,
                PhaseKnown& known, Diagnostics& diagnostics) {
  if (text.nodes.empty() && text.has_all_nodes && !text.is_template)
    diagnostics.error("phase.empty", text.place, "the phase `" + text.name + "` has no nodes");
  for (const NodeText& node_text : text.nodes) {
    ProgramNode& node = phase.nodes.emplace_back();
    node.name = node_text.name;
    node.place = node_text.place;
    node.skips_errors = node_text.skips_errors;
    PhaseKnown::OfNode& of_node = known.nodes.emplace_back();
    if (!make_node(node_text, types, resources, program, node, of_node, diagnostics)) continue;
    for (const Port* port : node.node->inputs()) node.inputs.push_back({port, {}});
    for (const Port* port : node.node->outputs()) {
      node.wires.push_back(static_cast<int>(phase.wires.size()));
      Wire& wire = phase.wires.emplace_back();
      wire.node = static_cast<int>(phase.nodes.size()) - 1;
      wire.output = port->index();
      wire.port = port;
    }
  }
  // A node with a broken text can read any wire.
  const bool may_have_more = !text.has_all_nodes || text.is_template ||
                             std::any_of(text.nodes.begin(), text.nodes.end(), [](const NodeText& node) { return node.is_broken; });
  known.wire_has_more_readers.assign(phase.wires.size(), may_have_more);
}

namespace {

std::vector<std::string> port_names(const std::vector<Port*>& ports) {
  std::vector<std::string> names;
  for (const Port* port : ports) names.emplace_back(port->name());
  return names;
}

/// Returns the wire that a reference names; -1 after a diagnostic. `reader` is the reader in words.
int find_wire(const PhaseText& text, const ProgramPhase& phase, const PhaseKnown& known, const std::string& reader, const Reference& from,
              Diagnostics& diagnostics) {
  if (from.node.empty()) return -1;
  const int index = phase.find(from.node);
  if (index < 0) {
    if (may_have(phase, known, from.node)) return -1;
    std::vector<std::string> names;
    for (const NodeText& node : text.nodes)
      if (!node.uses.text.empty()) names.push_back(node.name);
    diagnostics.error("node.unknown", from.place, reader + " reads `" + from.node + "`, but no node of `" + phase.name + "` has that name",
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
    return "`" + name_of(phase, wire) + "` outputs " + given + " values, but `" + std::string(port.name()) + "` of `" + node.name +
           "` takes " + taken + " values";
  const NodeType& from = *phase.nodes[static_cast<std::size_t>(wire.node)].type;
  return "`" + name_of(phase, wire) + "` " + of_type(from.id, from.plugin) + " outputs " + given + " values of the C++ type " +
         wire.port->type().identity.str() + ", but `" + std::string(port.name()) + "` of `" + node.name + "` " +
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
                      "`" + name_of(phase, wire) + "` is a diagnostic output, but `" + std::string(port.name()) + "` of `" + node.name +
                          "` uses it for training",
                      "connect it to a port that only measures, such as `truth` of a gate");
    return false;
  }
  return true;
}

}  // namespace

namespace {

/// Makes the connection for one entry of `in`. Returns false if that is impossible.
bool make_edge(ProgramPhase& phase, int to, const InputText& input, int wire, Diagnostics& diagnostics) {
  ProgramNode& node = phase.nodes[static_cast<std::size_t>(to)];
  const Port* port = find_input(node, input, diagnostics);
  if (!port || wire < 0) return false;
  if ((port->kind() == PortKind::Inputs) == input.member.empty()) {
    diagnostics.error("input.unknown", input.place,
                      port->kind() == PortKind::Inputs
                          ? "`" + std::string(port->name()) + "` of `" + node.name + "` takes named values"
                          : "`" + std::string(port->name()) + "` of `" + node.name + "` takes one value, without a name",
                      port->kind() == PortKind::Inputs ? "`" + std::string(port->name()) + ": {name: node.port, …}`"
                                                       : "`" + std::string(port->name()) + ": node.port`");
    return false;
  }
  Wire& from = phase.wires[static_cast<std::size_t>(wire)];
  if (!fits(phase, node, *port, from, input, diagnostics)) return false;
  BoundInput& bound = node.inputs[static_cast<std::size_t>(port->index())];
  from.readers.push_back({to, port->index(), static_cast<int>(bound.feeds.size())});
  bound.feeds.push_back({wire, input.member, input.from.place});
  return true;
}

/// Marks the wires that a reference can mean as having more readers, because the connection could not be made.
void note_reader(const ProgramPhase& phase, const Reference& from, int wire, PhaseKnown& known) {
  if (wire >= 0) known.wire_has_more_readers[static_cast<std::size_t>(wire)] = true;
  else if (const int index = phase.find(from.node); index >= 0)
    for (const int one : phase.nodes[static_cast<std::size_t>(index)].wires)
      known.wire_has_more_readers[static_cast<std::size_t>(one)] = true;
}

/// Returns false if a required input of the node is not connected.
bool check_missing(const ProgramNode& node, const NodeText& text, Diagnostics& diagnostics) {
  bool has_all = true;
  for (const BoundInput& bound : node.inputs) {
    const bool was_named = std::any_of(text.in.begin(), text.in.end(),
                                       [&](const InputText& input) { return input.port == bound.port->name() || input.port.empty(); });
    if (!bound.feeds.empty() || was_named || is_optional(bound.port->kind()) || text.is_broken) continue;
    // A misspelt name is reported already.
    const std::vector<std::string> names = port_names(node.node->inputs());
    const auto may_mean = [&](const InputText& input) { return nearest_name(input.port, names) == bound.port->name(); };
    has_all = false;
    if (std::any_of(text.in.begin(), text.in.end(), may_mean)) continue;
    diagnostics.error("input.missing", node.place,
                      "`" + std::string(bound.port->name()) + "` of `" + node.name + "` (" + node.type->id + ") is not connected",
                      "`in: {" + std::string(bound.port->name()) + ": …}`: " + std::string(bound.port->sentence()));
  }
  return has_all;
}

}  // namespace

void connect(const PhaseText& text, ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics) {
  // A wrong input or output of an instance is reported there, and not again for each reader.
  std::set<std::pair<std::string, std::string>> wrong;
  for (const ThroughText& one : text.through)
    if (find_wire(text, phase, known, one.what, one.from, diagnostics) < 0) wrong.emplace(one.from.node, one.from.port);
  for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
    ProgramNode& node = phase.nodes[k];
    for (const InputText& input : text.nodes[k].in) {
      const bool is_told = wrong.contains({input.from.node, input.from.port});
      const int wire = is_told ? -1 : find_wire(text, phase, known, "`" + node.name + "`", input.from, diagnostics);
      if (node.node && make_edge(phase, static_cast<int>(k), input, wire, diagnostics)) continue;
      known.nodes[k].has_inputs = false;
      note_reader(phase, input.from, wire, known);
    }
    if (node.node && !check_missing(node, text.nodes[k], diagnostics)) known.nodes[k].has_inputs = false;
  }
}

void order_nodes(ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics) {
  PhaseGraph graph(phase);
  for (const std::vector<int>& cycle : graph.take_cycles()) {
    std::string words;
    for (const int one : cycle) {
      words += "`" + phase.nodes[static_cast<std::size_t>(one)].name + "` → ";
      known.of(one).has_inputs = false;
    }
    const ProgramNode& first = phase.nodes[static_cast<std::size_t>(cycle[0])];
    diagnostics.error("cycle", first.place, "a cycle: " + words + "`" + first.name + "`",
                      "to carry a value from one step to the next, use a node's `State` or a resource");
  }
  phase.order = graph.order().value();
  // In a cycle some nodes come before a node that they read, so not all paths to them are known.
  for (const int index : phase.order) {
    PhaseKnown::OfNode& of_node = known.of(index);
    of_node.has_upstream = of_node.has_inputs;
    for (const BoundInput& input : phase.nodes[static_cast<std::size_t>(index)].inputs)
      for (const Feed& feed : input.feeds)
        of_node.has_upstream = of_node.has_upstream && known.of(phase.wires[static_cast<std::size_t>(feed.wire)].node).has_upstream;
  }
}

}  // namespace leat::program
