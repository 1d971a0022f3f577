#include "report/systems.h"

#include <algorithm>
#include <map>
#include <set>

#include "leat/wording.h"

namespace leat::report {

namespace {

/// Returns every way to split a name into system and task.
std::vector<SystemTask> readings_of(const std::string& node) {
  std::vector<SystemTask> out;
  for (std::size_t at = node.find('_', 1); at != std::string::npos && at + 1 < node.size(); at = node.find('_', at + 1))
    out.push_back({node.substr(0, at), node.substr(at + 1)});
  return out;
}

const NodeText* find_node(const PhaseText& phase, const std::string& name) {
  const auto found = std::find_if(phase.nodes.begin(), phase.nodes.end(), [&](const NodeText& one) { return one.name == name; });
  return found == phase.nodes.end() ? nullptr : &*found;
}

/// Collects the nodes without inputs that a node depends on.
void collect_sources(const PhaseText& phase, const NodeText& node, std::set<const NodeText*>& seen, std::vector<const NodeText*>& sources) {
  if (!seen.insert(&node).second) return;
  if (node.in.empty()) sources.push_back(&node);
  for (const InputText& input : node.in)
    if (const NodeText* from = find_node(phase, input.from.node)) collect_sources(phase, *from, seen, sources);
}

/// Returns the only source of a system's gates; null if there is none or more than one.
const NodeText* gate_source(const PhaseText& train, const FinishedRun& run, const Systems& systems, const std::string& system) {
  std::vector<const NodeText*> sources;
  std::set<const NodeText*> seen;
  for (const Measured& one : run.find_phase(train.name)->figures) {
    const auto split = systems.split(one.node);
    if (one.metric != "share" || !split || split->system != system) continue;
    if (const NodeText* gate = find_node(train, one.node)) collect_sources(train, *gate, seen, sources);
  }
  return sources.size() == 1 ? sources[0] : nullptr;
}

std::set<std::string> words_of(const Tree& tree) {
  std::set<std::string> out;
  if (tree.is_scalar()) out.insert(tree.scalar);
  for (const Tree& item : tree.items) out.insert(item.scalar);
  return out;
}

struct Extra {
  std::string key;
  std::set<std::string> words;
};

/// Returns the additional entries of a list in `larger`, if everything else is equal; otherwise nullopt.
std::optional<Extra> extra_of(const NodeText& larger, const NodeText& smaller) {
  if (larger.uses.text != smaller.uses.text || larger.with.entries.size() != smaller.with.entries.size()) return {};
  std::optional<Extra> out;
  for (const Tree::Entry& entry : larger.with.entries) {
    const Tree* other = smaller.with.find(entry.key);
    if (!other) return {};
    if (other->yaml() == entry.value.yaml()) continue;
    const std::set<std::string> more = words_of(entry.value), less = words_of(*other);
    if (out || !std::includes(more.begin(), more.end(), less.begin(), less.end())) return {};
    out = Extra{entry.key, {}};
    std::set_difference(more.begin(), more.end(), less.begin(), less.end(), std::inserter(out->words, out->words.end()));
  }
  return out && !out->words.empty() ? out : std::nullopt;
}

/// Returns the phase that tests on exactly these entries; empty: there is none.
std::string tested_in(const FinishedRun& run, const std::string& type, const Extra& extra) {
  for (const PhaseText& phase : run.graph.phases) {
    if (phase.kind != PhaseKind::Test || !run.find_phase(phase.name)) continue;
    for (const NodeText& node : phase.nodes) {
      const Tree* value = node.in.empty() && node.uses.text == type ? node.with.find(extra.key) : nullptr;
      if (value && words_of(*value) == extra.words) return phase.name;
    }
  }
  return {};
}

}  // namespace

std::optional<SystemTask> Systems::split(const std::string& node) const {
  std::optional<SystemTask> best;
  for (const std::string& name : names)
    if (node.starts_with(name + "_") && (!best || best->system.size() < name.size())) best = SystemTask{name, node.substr(name.size() + 1)};
  return best;
}

Systems find_systems(const FinishedRun& run) {
  std::vector<std::string> nodes;
  for (const MeasuredPhase& phase : run.phases)
    if (phase.kind != PhaseKind::Train)
      for (const Measured& one : phase.figures)
        if (std::find(nodes.begin(), nodes.end(), one.node) == nodes.end()) nodes.push_back(one.node);
  std::map<std::string, std::set<std::string>> systems_of_task;
  for (const std::string& node : nodes)
    for (const SystemTask& reading : readings_of(node)) systems_of_task[reading.task].insert(reading.system);
  Systems out;
  for (const std::string& node : nodes) {
    const SystemTask* best = nullptr;
    const std::vector<SystemTask> readings = readings_of(node);
    // The longest task of those that most systems share.
    for (const SystemTask& reading : readings)
      if (!best || systems_of_task[reading.task].size() > systems_of_task[best->task].size()) best = &reading;
    if (!best || systems_of_task[best->task].size() < 2) continue;
    if (std::find(out.names.begin(), out.names.end(), best->system) == out.names.end()) out.names.push_back(best->system);
  }
  return out;
}

std::optional<Addition> find_addition(const FinishedRun& run, const Systems& systems) {
  const auto train = std::find_if(run.graph.phases.begin(), run.graph.phases.end(),
                                  [&](const PhaseText& one) { return one.kind == PhaseKind::Train && run.find_phase(one.name); });
  if (train == run.graph.phases.end()) return {};
  for (const std::string& larger : systems.names)
    for (const std::string& smaller : systems.names) {
      const NodeText* more = gate_source(*train, run, systems, larger);
      const NodeText* less = gate_source(*train, run, systems, smaller);
      const auto extra = more && less ? extra_of(*more, *less) : std::nullopt;
      const std::string phase = extra ? tested_in(run, more->uses.text, *extra) : "";
      if (!phase.empty()) return Addition{joined(extra->words, " and "), larger, smaller, phase};
    }
  return {};
}

}  // namespace leat::report
