#include "conformance/skipped_step.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "conformance/trial_graphs.h"
#include "leat/make_tree.h"

namespace leat::conformance {
namespace {

/// Type of the node library for this trial (nodes/train/infinite_gradient.cpp).
constexpr const char* infinite_gradient = "trial.infinite_gradient";

std::uint64_t hash_of(const Resource& resource) {
  Archive archive;
  resource.save(archive);
  return archive.hash();
}

bool changes(const std::vector<std::pair<int, UsePort::Access>>& uses, std::size_t other) {
  return std::find(uses.begin(), uses.end(), std::pair(static_cast<int>(other), UsePort::Access::Write)) != uses.end();
}

/// Sets the first number of each float entry to NaN.
void poison(Resource& resource) {
  Archive archive, poisoned;
  resource.save(archive);
  poisoned.metadata = archive.metadata;
  constexpr float none = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [name, entry] : archive.entries()) {
    Archive::Entry changed = entry;
    if (changed.dtype == "F32" && changed.bytes.size() >= sizeof none) std::memcpy(changed.bytes.data(), &none, sizeof none);
    poisoned.put(name, std::move(changed));
  }
  resource.load(poisoned);
}

/// Returns the node of the train phase that changes weights through the changer; null: there is none.
const ProgramNode* find_step_node(const Program& program, const Changer& changer) {
  if (program.plan.train < 0) return nullptr;
  for (const ProgramNode& node : first_phase(program).nodes)
    if (changes(node.resources, changer.resource) ||
        std::any_of(changer.weights.begin(), changer.weights.end(), [&](std::size_t weights) { return changes(node.resources, weights); }))
      return &node;
  return nullptr;
}

}  // namespace

StepResources::StepResources(Program& program, std::int64_t step, std::function<void()> act)
    : program_(program), step_(step), act_(std::move(act)) {
  if (program.plan.train >= 0) phase_ = first_phase(program).name;
}

void StepResources::segment_begins(const SegmentCall& call) {
  if (call.phase != phase_ || call.step != step_ || call.segment != 0) return;
  if (act_) act_();
  for (std::size_t k = 0; k < program_.resources.size(); ++k) before_[k] = hash_of(*program_.resources[k].resource);
}

bool StepResources::has_changed(std::size_t resource) const {
  const auto before = before_.find(resource);
  return before != before_.end() && before->second != hash_of(*program_.resources[resource].resource);
}

std::vector<Changer> changers(const Program& program, const std::set<std::string>& types) {
  std::vector<Changer> out;
  if (program.plan.train < 0) return out;
  for (std::size_t k = 0; k < program.resources.size(); ++k) {
    Changer one{k, {}};
    for (const auto& [used, access] : program.resources[k].uses)
      if (access == UsePort::Access::Write) one.weights.insert(static_cast<std::size_t>(used));
    if (!one.weights.empty() && types.contains(program.resources[k].type->id) && find_step_node(program, one))
      out.push_back(std::move(one));
  }
  return out;
}

void poison_weights(Program& program) {
  for (std::size_t k = 0; k < program.resources.size(); ++k)
    if (std::any_of(program.resources.begin(), program.resources.end(), [k](const ProgramResource& one) { return changes(one.uses, k); }))
      poison(*program.resources[k].resource);
}

std::optional<GraphDescription> with_infinite_gradient(const GraphDescription& graph, const Program& program, const Registry& registry,
                                                       const Changer& changer, std::int64_t step) {
  const ProgramNode* node = find_step_node(program, changer);
  if (!node || !registry.find_node(infinite_gradient)) return {};
  const auto reads_loss = [](const BoundInput& input) {
    return input.feeds.size() == 1 && input.port->is(differentiable) && input.port->type().name == "tensor";
  };
  const auto loss = std::find_if(node->inputs.begin(), node->inputs.end(), reads_loss);
  if (loss == node->inputs.end()) return {};
  GraphDescription out = graph;
  const std::string& phase = first_phase(program).name;
  PhaseText& text = *std::find_if(out.phases.begin(), out.phases.end(), [&](const PhaseText& one) { return one.name == phase; });
  NodeText& reader = *std::find_if(text.nodes.begin(), text.nodes.end(), [&](const NodeText& one) { return one.name == node->name; });
  const auto in = std::find_if(reader.in.begin(), reader.in.end(),
                               [&](const InputText& one) { return one.port.empty() || one.port == loss->port->name(); });
  if (in == reader.in.end()) return {};
  const Reference from = in->from;
  const std::string name = "trial_infinite_gradient";
  in->from = {name, "spoiled", from.place};
  NodeText added;
  added.name = name;
  added.place = reader.place;
  added.uses = {infinite_gradient, reader.place};
  set_entry(added.with, "model", placed(plain_tree(program.resources[*changer.weights.begin()].name), reader.place));
  set_entry(added.with, "step", placed(plain_tree(std::to_string(step)), reader.place));
  added.in.push_back({"loss", "", from.place, from});
  text.nodes.push_back(std::move(added));
  return out;
}

/// The functions are in nodes/train/trial_functions.cpp.
NumbersRead::NumbersRead() : count_(reinterpret_cast<std::int64_t (*)()>(::dlsym(RTLD_DEFAULT, "leat_nodes_numbers_read"))) {
  if (const auto watch = reinterpret_cast<void (*)()>(::dlsym(RTLD_DEFAULT, "leat_nodes_watch_updates"))) watch();
}

std::string step_node(const Program& program, const Changer& changer) {
  const ProgramNode* node = find_step_node(program, changer);
  return node ? node->name : std::string();
}

std::string changed_words(const Program& program, const StepResources& resources, const Changer& changer) {
  std::string out = resources.has_changed(changer.resource) ? "its state" : "";
  for (const std::size_t weights : changer.weights)
    if (resources.has_changed(weights)) out += (out.empty() ? "`" : " and `") + program.resources[weights].name + "`";
  return out;
}

}  // namespace leat::conformance
