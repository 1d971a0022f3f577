#include "leat/resolved_text.h"

#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/duration.h"
#include "base/scalar.h"
#include "description/keys.h"
#include "leat/description.h"
#include "leat/make_tree.h"
#include "leat/value.h"

namespace leat {

namespace {

Tree words(const std::vector<Named>& names) {
  Tree tree;
  tree.kind = Tree::Kind::List;
  for (const Named& name : names) tree.items.push_back(plain_tree(name.text));
  return tree;
}

void put(Tree& tree, std::string_view key, Tree value) { tree.entries.push_back({std::string(key), {}, std::move(value)}); }
void put(Tree& tree, std::string_view key, const std::string& text) { put(tree, key, plain_tree(text)); }
void put(Tree& tree, std::string_view key, std::int64_t number) { put(tree, key, plain_tree(std::to_string(number))); }

Tree component_tree(const ComponentText& component) {
  Tree tree = map_tree();
  put(tree, "uses", component.uses.text);
  if (!component.with.is_null()) put(tree, "with", with_whole_paths(component.with));
  return tree;
}

Tree input_tree(const std::vector<InputText>& inputs) {
  Tree tree = map_tree();
  for (const InputText& input : inputs) {
    Tree from = plain_tree(input.from.port.empty() ? input.from.node : input.from.node + "." + input.from.port);
    if (input.port.empty()) return from;
    if (input.member.empty()) {
      put(tree, input.port, std::move(from));
      continue;
    }
    if (!tree.find(input.port)) put(tree, input.port, map_tree());
    put(*tree.find(input.port), input.member, std::move(from));
  }
  return tree;
}

Tree node_tree(const NodeText& node) {
  Tree tree = component_tree(node);
  if (!node.in.empty()) put(tree, "in", input_tree(node.in));
  if (node.lane) put(tree, "lane", node.lane->text);
  if (node.skips_errors) put(tree, "on_error", "skip");
  return tree;
}

Tree phase_tree(const PhaseText& phase) {
  Tree tree = map_tree();
  put(tree, phase_keys::kind, std::string(name(phase.kind)));
  put(tree, phase_keys::prefetch, phase.prefetch);
  if (phase.uses_last) put(tree, phase_keys::weights, "last");
  Tree nodes = map_tree();
  for (const NodeText& node : phase.nodes) put(nodes, node.name, node_tree(node));
  put(tree, phase_keys::nodes, std::move(nodes));
  return tree;
}

std::string period_text(const PeriodText& period) {
  if (period.steps > 0) return std::to_string(period.steps) + " steps";
  return epochs_text(period.epochs) + (period.epochs_of.text.empty() ? "" : " of " + period.epochs_of.text);
}

Tree train_tree(const TrainText& train) {
  Tree tree = map_tree();
  put(tree, train_keys::phase, train.phase.text);
  if (train.steps > 0) put(tree, train_keys::steps, train.steps);
  else put(tree, train_keys::epochs, number_text(train.epochs) + " of " + train.epochs_of.text);
  if (train.checkpoint_every > 0) put(tree, train_keys::checkpoint_every, train.checkpoint_every);
  if (train.checkpoint_seconds > 0) put(tree, train_keys::checkpoint_every, duration_text(train.checkpoint_seconds));
  if (!train.validate_phase.text.empty()) {
    Tree validate = map_tree();
    put(validate, validate_keys::phase, train.validate_phase.text);
    put(validate, validate_keys::every, period_text(train.validate_every));
    put(tree, train_keys::validate, std::move(validate));
  }
  if (!train.keep.metrics.empty()) {
    Tree keep = map_tree();
    put(keep, keep_keys::best, words(train.keep.metrics));
    put(keep, keep_keys::mode, train.keep.mode);
    if (train.keep.within > 0) put(keep, keep_keys::within, number_text(train.keep.within));
    put(tree, train_keys::keep, std::move(keep));
  }
  if (train.stop_after > 0) put(tree, train_keys::stop_after, std::to_string(train.stop_after) + " validations");
  return tree;
}

/// Returns an amount of bytes as a plan states it: `2GB`.
std::string bytes_text(std::int64_t bytes) {
  static constexpr std::array<std::pair<std::int64_t, const char*>, 3> units{{{1'000'000'000, "GB"}, {1'000'000, "MB"}, {1'000, "kB"}}};
  for (const auto& [size, unit] : units)
    if (bytes % size == 0) return std::to_string(bytes / size) + unit;
  return std::to_string(bytes) + "B";
}

Tree plan_tree(const PlanText& plan) {
  Tree tree = map_tree();
  if (plan.train) put(tree, plan_keys::train, train_tree(*plan.train));
  if (!plan.then.empty()) put(tree, plan_keys::then, words(plan.then));
  put(tree, plan_keys::memory, bytes_text(plan.memory_bytes));
  if (plan.stall_seconds > 0) put(tree, plan_keys::stall_after, duration_text(plan.stall_seconds));
  if (plan.record) {
    Tree record = map_tree();
    put(record, record_keys::edges, words(plan.record->edges));
    put(record, record_keys::slots, plan.record->slots);
    put(record, record_keys::every, period_text(plan.record->every));
    put(record, record_keys::budget, bytes_text(plan.record->budget_bytes));
    put(tree, plan_keys::record, std::move(record));
  }
  if (plan.keep_bytes > 0) put(tree, plan_keys::keep_results, bytes_text(plan.keep_bytes));
  if (plan.cache_bytes > 0 || plan.cache_file_bytes > 0) {
    Tree cache = map_tree();
    put(cache, cache_keys::memory, plan.cache_bytes > 0 ? bytes_text(plan.cache_bytes) : "0");
    if (plan.cache_file_bytes > 0) put(cache, cache_keys::file, bytes_text(plan.cache_file_bytes));
    put(tree, plan_keys::cache, std::move(cache));
  }
  return tree;
}

/// Gives the keys that cannot change the numbers of a run their defaults. A graph without them then has the hash that earlier versions gave
/// it. The list is also in docs/graphs.md, "Which graphs are the same".
void forget_what_changes_no_number(GraphDescription& graph) {
  const PlanText usual;
  graph.plan.memory_bytes = usual.memory_bytes;
  graph.plan.stall_seconds = usual.stall_seconds;
  graph.plan.record = usual.record;
  graph.plan.keep_bytes = usual.keep_bytes;
  graph.plan.cache_bytes = usual.cache_bytes;
  graph.plan.cache_file_bytes = usual.cache_file_bytes;
  if (graph.plan.train) {
    graph.plan.train->checkpoint_every = TrainText().checkpoint_every;
    graph.plan.train->checkpoint_seconds = TrainText().checkpoint_seconds;
  }
  for (PhaseText& phase : graph.phases) phase.prefetch = PhaseText().prefetch;
}

std::string hash_of(const std::string& text) { return hash_text(hash_bytes(text.data(), text.size())); }

}  // namespace

std::string graph_hash_of(GraphDescription graph) {
  forget_what_changes_no_number(graph);
  return hash_of(resolved_text(graph));
}

std::string graph_hash_in(const std::filesystem::path& run_folder, const std::string& recorded) {
  std::ifstream in(run_folder / "graph.yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || hash_of(text) != recorded) return recorded;
  Diagnostics mistakes;
  GraphDescription graph = read_graph_text(text, "graph.yaml", run_folder, {}, mistakes);
  return mistakes.has_errors() ? recorded : graph_hash_of(std::move(graph));
}

std::string resolved_text(const GraphDescription& graph) {
  Tree tree = map_tree();
  put(tree, "leat", "1");
  if (!graph.title.empty()) put(tree, "title", graph.title);
  if (!graph.needs.empty()) {
    Tree plugins = map_tree();
    for (const NeedText& need : graph.needs) put(plugins, need.plugin, ">=" + need.lowest_version);
    put(tree, "needs", map_tree());
    put(tree.entries.back().value, "plugins", std::move(plugins));
  }
  std::string out = tree.yaml();
  if (!graph.params.empty()) out += "params:\n";
  // The reader takes a map for a declaration, so a value that is a map is written inside a declaration.
  for (const ParamText& param : graph.params)
    out +=
        "  " + scalar_yaml(param.name, false) + ": " + (param.value.starts_with('{') ? "{value: " + param.value + "}" : param.value) + "\n";
  Tree rest = map_tree();
  if (!graph.resources.empty()) {
    Tree resources = map_tree();
    for (const ComponentText& resource : graph.resources) put(resources, resource.name, component_tree(resource));
    put(rest, "resources", std::move(resources));
  }
  Tree phases = map_tree();
  for (const PhaseText& phase : graph.phases) put(phases, phase.name, phase_tree(phase));
  put(rest, "phases", std::move(phases));
  put(rest, "plan", plan_tree(graph.plan));
  return out + rest.yaml();
}

}  // namespace leat
