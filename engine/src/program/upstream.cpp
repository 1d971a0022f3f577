#include "leat/upstream.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "leat/diagnostics.h"

namespace leat {

namespace {

template <class All, class Name>
std::vector<std::string> names_of(const All& all, Name name) {
  std::vector<std::string> out;
  for (const auto& one : all) out.emplace_back(name(one));
  return out;
}

std::size_t place_of_phase(const Program& program, std::string_view name) {
  for (std::size_t k = 0; k < program.phases.size(); ++k)
    if (program.phases[k].name == name) return k;
  throw Refusal("the graph has no phase `" + std::string(name) + "`", {},
                name_hint(name, names_of(program.phases, [](const ProgramPhase& one) { return one.name; })));
}

std::size_t place_of_node(const ProgramPhase& phase, std::string_view name) {
  const int found = phase.find(name);
  if (found < 0)
    throw Refusal("`" + phase.name + "` has no node `" + std::string(name) + "`", {},
                  name_hint(name, names_of(phase.nodes, [](const ProgramNode& one) { return one.name; })));
  return static_cast<std::size_t>(found);
}

void check_port(const ProgramNode& node, std::string_view name) {
  const std::vector<std::string> known = names_of(node.node->outputs(), [](const Port* one) { return std::string(one->name()); });
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw Refusal("`" + node.name + "` has no output `" + std::string(name) + "`", {}, name_hint(name, known));
}

/// Returns the places of the outputs' nodes. Throws Refusal if there is no such node or output.
std::vector<std::size_t> places_of(const ProgramPhase& phase, const std::vector<OutputName>& outputs) {
  std::vector<std::size_t> out;
  for (const OutputName& one : outputs) {
    out.push_back(place_of_node(phase, one.node));
    check_port(phase.nodes[out.back()], one.port);
  }
  return out;
}

/// Returns, for each node, whether it is upstream of one of `open` or is one of them.
std::vector<char> upstream_of(const ProgramPhase& phase, std::vector<std::size_t> open) {
  std::vector<char> out(phase.nodes.size(), 0);
  while (!open.empty()) {
    const std::size_t one = open.back();
    open.pop_back();
    if (std::exchange(out[one], 1)) continue;
    for (const BoundInput& input : phase.nodes[one].inputs)
      for (const Feed& feed : input.feeds) open.push_back(static_cast<std::size_t>(phase.wires[static_cast<std::size_t>(feed.wire)].node));
  }
  return out;
}

/// Returns the new index of each kept place; -1 for the others.
std::vector<int> renumbered(const std::vector<char>& is_kept) {
  std::vector<int> out;
  int next = 0;
  for (const char kept : is_kept) out.push_back(kept ? next++ : -1);
  return out;
}

int at(const std::vector<int>& numbers, int place) { return place < 0 ? place : numbers[static_cast<std::size_t>(place)]; }

template <class T>
void keep(std::vector<T>& all, const std::vector<char>& is_kept) {
  std::vector<T> out;
  for (std::size_t k = 0; k < all.size(); ++k)
    if (is_kept[k]) out.push_back(std::move(all[k]));
  all = std::move(out);
}

/// Reduces a phase to some of its nodes, with their wires.
void keep_nodes(ProgramPhase& phase, const std::vector<char>& is_kept) {
  std::vector<char> has_wire, has_origin, has_segment;
  for (const Wire& wire : phase.wires) has_wire.push_back(is_kept[static_cast<std::size_t>(wire.node)]);
  for (const Origin& origin : phase.origins) has_origin.push_back(is_kept[static_cast<std::size_t>(origin.source)]);
  for (Segment& segment : phase.segments) {
    std::erase_if(segment.nodes, [&](int node) { return !is_kept[static_cast<std::size_t>(node)]; });
    has_segment.push_back(!segment.nodes.empty());
  }
  const std::vector<int> nodes = renumbered(is_kept), wires = renumbered(has_wire), origins = renumbered(has_origin),
                         segments = renumbered(has_segment);
  keep(phase.nodes, is_kept);
  keep(phase.wires, has_wire);
  keep(phase.origins, has_origin);
  keep(phase.segments, has_segment);
  std::erase_if(phase.order, [&](int node) { return nodes[static_cast<std::size_t>(node)] < 0; });
  for (int& node : phase.order) node = at(nodes, node);
  for (Origin& origin : phase.origins) origin.source = at(nodes, origin.source);
  for (Segment& segment : phase.segments)
    for (int& node : segment.nodes) node = at(nodes, node);
  for (ProgramNode& node : phase.nodes) {
    for (int& wire : node.wires) wire = at(wires, wire);
    for (BoundInput& input : node.inputs)
      for (Feed& feed : input.feeds) feed.wire = at(wires, feed.wire);
    node.origin = at(origins, node.origin);
    node.segment = at(segments, node.segment);
  }
  for (Wire& wire : phase.wires) {
    wire.node = at(nodes, wire.node);
    wire.origin = at(origins, wire.origin);
    const std::size_t before = wire.readers.size();
    std::erase_if(wire.readers, [&](const Wire::Reader& reader) { return at(nodes, reader.node) < 0; });
    // The node must not see that its readers are gone.
    wire.has_left_readers = wire.readers.size() < before;
    for (Wire::Reader& reader : wire.readers) reader.node = at(nodes, reader.node);
  }
}

/// Returns the nodes of these phases that change a resource which the phase's nodes use.
std::vector<Program::Opener> openers_of(std::vector<ProgramPhase>& phases, const ProgramPhase& phase) {
  std::set<int> used;
  for (const ProgramNode& node : phase.nodes)
    for (const auto& [resource, access] : node.resources) used.insert(resource);
  std::vector<Program::Opener> out;
  for (ProgramPhase& one : phases)
    for (ProgramNode& node : one.nodes) {
      const bool changes = node.node && std::any_of(node.resources.begin(), node.resources.end(), [&](const auto& use) {
                             return use.second == UsePort::Access::Write && used.contains(use.first);
                           });
      if (changes) out.push_back({one.name, std::move(node)});
    }
  return out;
}

/// Returns, for each resource, whether one of the nodes uses it, directly or through others.
std::vector<char> used_resources(const Program& program, const std::vector<const ProgramNode*>& nodes) {
  std::vector<char> out(program.resources.size(), 0);
  for (const ProgramNode* node : nodes)
    for (const auto& [resource, access] : node->resources) out[static_cast<std::size_t>(resource)] = 1;
  // A resource comes after those that it uses.
  for (std::size_t k = program.resources.size(); k-- > 0;)
    for (const auto& [other, access] : program.resources[k].uses)
      if (out[k]) out[static_cast<std::size_t>(other)] = 1;
  return out;
}

std::vector<const ProgramNode*> nodes_of(const ProgramPhase& phase) {
  std::vector<const ProgramNode*> out;
  for (const ProgramNode& node : phase.nodes) out.push_back(&node);
  return out;
}

/// Reduces the resources to those that the phase's nodes and the openers use.
void keep_resources(Program& program, ProgramPhase& phase) {
  std::vector<const ProgramNode*> users = nodes_of(phase);
  for (const Program::Opener& one : program.openers) users.push_back(&one.node);
  const std::vector<char> is_used = used_resources(program, users);
  const std::vector<int> numbers = renumbered(is_used);
  keep(program.resources, is_used);
  for (ProgramResource& one : program.resources)
    for (auto& [other, access] : one.uses) other = at(numbers, other);
  const auto renumber = [&](ProgramNode& node) {
    for (auto& [resource, access] : node.resources) resource = at(numbers, resource);
  };
  for (ProgramNode& node : phase.nodes) renumber(node);
  for (Program::Opener& one : program.openers) renumber(one.node);
}

/// Returns the names of the resources that some node changes.
std::set<std::string> changed_resources(const Program& program) {
  std::set<std::string> out;
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes)
      for (const auto& [resource, access] : node.resources)
        if (access == UsePort::Access::Write) out.insert(program.resources[static_cast<std::size_t>(resource)].name);
  return out;
}

}  // namespace

PreviewScope preview_scope(const Program& program, std::string_view phase_name, const std::vector<OutputName>& outputs) {
  const ProgramPhase& phase = program.phases[place_of_phase(program, phase_name)];
  const std::vector<char> is_upstream = upstream_of(phase, places_of(phase, outputs));
  PreviewScope out;
  out.is_by_slot = true;
  std::vector<const ProgramNode*> nodes;
  for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
    if (!is_upstream[k]) continue;
    const ProgramNode& node = phase.nodes[k];
    nodes.push_back(&node);
    out.nodes.push_back(node.name);
    if (node.is_ordered()) out.stateful.push_back(node.name);
    out.is_by_slot = out.is_by_slot && node.grain == Grain::Slot;
  }
  const std::set<std::string> changed = changed_resources(program);
  const std::vector<char> is_used = used_resources(program, nodes);
  for (std::size_t k = 0; k < program.resources.size(); ++k) {
    if (!is_used[k]) continue;
    const std::string& name = program.resources[k].name;
    out.resources.push_back(name);
    if (changed.contains(name)) out.trained.push_back(name);
  }
  return out;
}

PreviewScope keep_upstream(Program& program, std::string_view phase_name, const std::vector<OutputName>& outputs) {
  if (program.settings.merges_passes)
    throw std::invalid_argument("a preview computes nodes one by one, so its Program must not merge passes");
  PreviewScope out = preview_scope(program, phase_name, outputs);
  const std::size_t place = place_of_phase(program, phase_name);
  const std::vector<std::size_t> last = places_of(program.phases[place], outputs);
  std::vector<ProgramPhase> phases = std::move(program.phases);
  program.phases.clear();
  ProgramPhase phase;
  phase = std::move(phases[place]);
  const std::vector<char> is_upstream = upstream_of(phase, last);
  ProgramPhase rest;
  rest.name = phase.name;
  for (std::size_t k = 0; k < phase.nodes.size(); ++k)
    if (!is_upstream[k]) rest.nodes.push_back(std::move(phase.nodes[k]));
  phases[place] = std::move(rest);
  keep_nodes(phase, is_upstream);
  program.openers = openers_of(phases, phase);
  // Resources of openers are prepared too, but do not reach the outputs.
  keep_resources(program, phase);
  phase.credits = 1;
  program.phases.push_back(std::move(phase));
  program.plan = {};
  program.plan.then = {0};
  return out;
}

}  // namespace leat
