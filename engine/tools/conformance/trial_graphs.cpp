#include "conformance/trial_graphs.h"

#include <algorithm>

#include "leat/make_tree.h"

namespace leat::conformance {

const ProgramPhase& first_phase(const Program& program) {
  return program.phases[static_cast<std::size_t>(program.plan.train >= 0 ? program.plan.train : program.plan.then.front())];
}

GraphDescription only_phase(const GraphDescription& graph, const std::string& phase) {
  GraphDescription out = graph;
  std::erase_if(out.phases, [&phase](const PhaseText& one) { return one.name != phase; });
  for (PhaseText& one : out.phases) {
    one.uses_last = false;
    out.plan.then = {{phase, one.place}};
  }
  out.plan.train.reset();
  return out;
}

std::vector<std::string> phases_of(const GraphDescription& graph) {
  std::vector<std::string> out;
  const auto add = [&out](const std::string& name) {
    if (!name.empty() && std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  };
  if (graph.plan.train) {
    add(graph.plan.train->phase.text);
    add(graph.plan.train->validate_phase.text);
  }
  for (const Named& one : graph.plan.then) add(one.text);
  return out;
}

std::set<std::string> types_in(const GraphDescription& graph, const std::string& phase, const std::set<std::string>& types) {
  std::set<std::string> out;
  if (const PhaseText* found = graph.find_phase(phase))
    for (const NodeText& node : found->nodes)
      if (types.contains(node.uses.text)) out.insert(node.uses.text);
  return out;
}

std::set<std::string> row_readers(const ProgramPhase& phase, const std::set<std::string>& types) {
  std::set<std::string> out;
  for (const Wire& wire : phase.wires)
    for (const Wire::Reader& reader : wire.readers) {
      const ProgramNode& node = phase.nodes[static_cast<std::size_t>(reader.node)];
      if (wire.origin >= 0 && node.grain == Grain::Step && types.contains(node.type->id)) out.insert(node.type->id);
    }
  return out;
}

std::int64_t stopped_step(const GraphDescription& graph) {
  std::int64_t most = 0;
  for (const PhaseText& phase : graph.phases) most = std::max<std::int64_t>(most, phase.prefetch);
  return most + 1;
}

std::int64_t resumed_steps(const GraphDescription& graph, std::int64_t steps) { return 2 * stopped_step(graph) + steps; }

GraphDescription trained(const GraphDescription& graph, std::int64_t steps) {
  if (graph.plan.train || graph.plan.then.empty()) return graph;
  GraphDescription out = graph;
  const std::string name = graph.plan.then.front().text;
  std::erase_if(out.phases, [&name](const PhaseText& phase) { return phase.name != name; });
  out.phases.front().kind = PhaseKind::Train;
  TrainText train;
  train.phase = graph.plan.then.front();
  train.steps = resumed_steps(graph, steps);
  train.place = graph.plan.place;
  out.plan.train = std::move(train);
  out.plan.then.clear();
  return out;
}

std::optional<GraphDescription> doubled(GraphDescription trained, const Registry& registry, const std::string& device) {
  constexpr std::int64_t most = 64;
  Diagnostics diagnostics;
  const Program program = Program::build(trained, registry, {0, device}, diagnostics);
  if (diagnostics.has_errors()) return {};
  const ProgramPhase& built = first_phase(program);
  bool has_any = false;
  for (PhaseText& phase : trained.phases)
    for (NodeText& node : phase.nodes) {
      const int index = phase.name == built.name ? built.find(node.name) : -1;
      if (index < 0) continue;
      const ProgramNode& source = built.nodes[static_cast<std::size_t>(index)];
      if (!source.source || source.length < 2 || source.length > most) continue;
      set_entry(node.with, "batch", placed(plain_tree(std::to_string(2 * source.length)), node.place));
      has_any = true;
    }
  return has_any ? std::optional(std::move(trained)) : std::nullopt;
}

}  // namespace leat::conformance
