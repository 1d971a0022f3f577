#include "leat/program.h"

#include <algorithm>
#include <cstdio>

#include "leat/resolved_text.h"
#include "program/contracts.h"
#include "program/edges.h"
#include "program/grains.h"
#include "program/needs.h"
#include "program/plan.h"
#include "program/resources.h"
#include "program/segments.h"

namespace leat {

namespace {

/// Runs the passes of one phase, in this order, as far as they find nothing wrong. Contracts ask nodes, and nodes ask resources, which have
/// to be usable.
void build_phase(const PhaseText& text, const Registry& registry, bool has_resources, Program& program, ProgramPhase& phase,
                 Diagnostics& diagnostics) {
  Diagnostics own;
  phase.name = text.name;
  phase.place = text.place;
  phase.kind = text.kind;
  phase.credits = text.prefetch;
  phase.uses_last = text.uses_last;
  program::make_nodes(text, registry, program, phase, own);
  program::connect(text, phase, own);
  const bool is_whole = std::all_of(phase.nodes.begin(), phase.nodes.end(), [](const ProgramNode& node) { return node.node != nullptr; });
  if (is_whole) program::order_nodes(phase, own);
  if (!own.has_errors()) program::solve_grains(phase, own);
  if (!own.has_errors() && has_resources) program::solve_contracts(text, phase, own);
  if (!own.has_errors()) program::form_segments(text, program, phase, own);
  if (!own.has_errors()) program::size_phase(phase);
  diagnostics.append(own);
}

Tree* find_dotted(Tree& with, std::string_view name) {
  const std::size_t dot = name.find('.');
  if (Tree* whole = with.find(name); whole || dot == std::string_view::npos) return whole;
  Tree* outer = with.find(name.substr(0, dot));
  return outer ? find_dotted(*outer, name.substr(dot + 1)) : nullptr;
}

void make_absolute(ComponentText& text, const Component& component) {
  for (const ParamPort* param : component.params()) {
    Tree* tree = param->type_name() == "path" ? find_dotted(text.with, param->name()) : nullptr;
    if (tree && tree->is_scalar() && !tree->scalar.empty()) tree->scalar = (tree->directory / tree->scalar).lexically_normal().string();
  }
}

template <class Type>
void make_absolute(ComponentText& text, const Type* type) {
  if (!type) return;
  try {
    make_absolute(text, *type->make());
  } catch (...) {
    // Its program says it, with the place.
  }
}

/// The graph's text with every path absolute, which only the types can tell: it means the same in the run's folder.
std::string self_contained(GraphDescription graph, const Registry& registry) {
  for (ComponentText& text : graph.resources) make_absolute(text, registry.find_resource(text.uses.text));
  for (PhaseText& phase : graph.phases)
    for (NodeText& text : phase.nodes) make_absolute(text, registry.find_node(text.uses.text));
  return resolved_text(graph);
}

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

int ProgramPhase::find(std::string_view wanted) const {
  for (std::size_t k = 0; k < nodes.size(); ++k)
    if (nodes[k].name == wanted) return static_cast<int>(k);
  return -1;
}

Program Program::build(const GraphDescription& graph, const Registry& registry, const ProgramSettings& settings, Diagnostics& diagnostics) {
  Program program;
  program.title = graph.title;
  program.resolved = self_contained(graph, registry);
  program.graph_hash = hex(hash_bytes(program.resolved.data(), program.resolved.size()));
  program.params = graph.params;
  program.settings = settings;
  program.memory_bytes = graph.plan.memory_bytes;
  program::check_needs(graph.needs, registry, diagnostics);
  program::build_resources(graph, registry, program, diagnostics);
  const bool has_resources = !diagnostics.has_errors();
  program.phases.reserve(graph.phases.size());
  for (const PhaseText& text : graph.phases)
    build_phase(text, registry, has_resources, program, program.phases.emplace_back(), diagnostics);
  if (!diagnostics.has_errors()) program::build_plan(graph, program, diagnostics);
  return program;
}

std::int64_t Program::bound_bytes() const {
  std::int64_t training = 0, validating = 0, alone = 0;
  for (const ProgramPhase& phase : phases) {
    std::int64_t& most = phase.kind == PhaseKind::Train ? training : phase.kind == PhaseKind::Validate ? validating : alone;
    most = std::max(most, phase.bound_bytes());
  }
  return std::max(training + (plan.validate >= 0 ? validating : 0), std::max(alone, validating));
}

}  // namespace leat
