#include "conformance/cut_gradients.h"

#include <dlfcn.h>

#include <algorithm>

namespace leat::conformance {

/// The function is in nodes/train/trial_functions.cpp.
Gradients::Gradients(const ProgramPhase& phase)
    : phase_(phase), gradient_of_(reinterpret_cast<int (*)(const Value&)>(::dlsym(RTLD_DEFAULT, "leat_nodes_gradient_of"))) {}

void Gradients::value_put(const PutValue& put) {
  if (!gradient_of_ || put.phase != phase_.name || put.step != 0) return;
  const int gradient = gradient_of_(put.value);
  if (gradient < 0) return;
  const std::lock_guard guard(lock_);
  known_[{std::string(put.node), std::string(put.port)}] = gradient > 0;
}

bool Gradients::has(const Wire& wire, bool wanted) const {
  const auto found = known_.find({phase_.nodes[static_cast<std::size_t>(wire.node)].name, std::string(wire.port->name())});
  return wire.port->is(PortFlags::Differentiable) && found != known_.end() && found->second == wanted;
}

std::vector<Finding> Gradients::cut(const std::set<std::string>& types) const {
  std::vector<Finding> out;
  for (const int index : phase_.order) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    if (!types.contains(node.type->id)) continue;
    std::string read;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds)
        if (input.port->is(PortFlags::Differentiable) && has(phase_.wires[static_cast<std::size_t>(feed.wire)], true))
          read = input.port->name();
    if (read.empty()) continue;
    for (const int wire : node.wires)
      if (const Wire& put = phase_.wires[static_cast<std::size_t>(wire)]; has(put, false))
        out.push_back({node.type->id, "cuts the gradient: `" + read + "` of `" + node.name + "` has one, but its output `" +
                                          std::string(put.port->name()) +
                                          "` does not: compute it without `detach()`, `item()` and at::NoGradGuard"});
  }
  return out;
}

bool changes_weights(const ProgramPhase& phase, const std::string& node) {
  const int index = phase.kind == PhaseKind::Train ? phase.find(node) : -1;
  if (index < 0) return false;
  const auto& resources = phase.nodes[static_cast<std::size_t>(index)].resources;
  return std::any_of(resources.begin(), resources.end(), [](const auto& use) { return use.second == UsePort::Access::Write; });
}

}  // namespace leat::conformance
