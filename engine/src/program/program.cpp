#include "leat/program.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <stdexcept>

#include "base/one_mistake.h"
#include "base/working.h"
#include "leat/resolved_text.h"
#include "leat/streams_samples.h"
#include "program/contracts.h"
#include "program/edges.h"
#include "program/grains.h"
#include "program/kept_bytes.h"
#include "program/needs.h"
#include "program/plan.h"
#include "program/preprocessing.h"
#include "program/ranks.h"
#include "program/resources.h"
#include "program/segments.h"
#include "program/shared_samples.h"
#include "program/written_places.h"

namespace leat {

namespace {

/// Longer than usual bodies take, and shorter than somebody waits who watches.
constexpr double usual_stall_seconds = 120;

void check_share(const BatchShare& share) {
  if (share.ranks >= 1 && share.rank >= 0 && share.rank < share.ranks) return;
  throw std::invalid_argument("`share` has rank " + std::to_string(share.rank) + " of " + std::to_string(share.ranks) +
                              " ranks; ranks count from 0, and there is at least one");
}

/// Returns false, and reports it, if a run could not number all phases and nodes. A span has 16 bits for each, and one number of a node
/// means none.
bool check_size(const GraphDescription& graph, Diagnostics& diagnostics) {
  constexpr std::size_t most_phases = 65'535, most_nodes = 65'534;
  const std::size_t mistakes = diagnostics.all().size();
  if (graph.phases.size() > most_phases)
    diagnostics.error("graph.size", graph.phases[most_phases].place,
                      "the graph has " + std::to_string(graph.phases.size()) + " phases; the maximum is " + std::to_string(most_phases));
  for (const PhaseText& phase : graph.phases)
    if (phase.nodes.size() > most_nodes)
      diagnostics.error("graph.size", phase.nodes[most_nodes].place,
                        "the phase `" + phase.name + "` has " + std::to_string(phase.nodes.size()) + " nodes; the maximum is " +
                            std::to_string(most_nodes));
  return diagnostics.all().size() == mistakes;
}

/// Reduces every batch of a training to the share of this process.
void take_share(const BatchShare& share, ProgramPhase& phase, Diagnostics& diagnostics) {
  if (phase.kind != PhaseKind::Train) return;
  phase.share = share;
  for (Origin& origin : phase.origins) {
    const int batch = origin.rows;
    origin.rows = share.places_of(batch);
    if (batch >= share.ranks) continue;
    const ProgramNode& source = phase.nodes[static_cast<std::size_t>(origin.source)];
    diagnostics.error(
        "node.refused", source.place,
        "`batch` of `" + source.name + "` is " + std::to_string(batch) + ", but " + std::to_string(share.ranks) + " ranks share each batch",
        "set it to " + std::to_string(share.ranks) + " or more");
  }
}

/// The data that phases share while they are built.
struct Building {
  const program::Types& types;
  const program::ResourcesKnown& resources;
  program::NameGivers givers;
  std::vector<program::GuessedNames> guesses;
};

/// Runs the passes of one phase in their order. Each pass uses the facts that are known.
void build_phase(const PhaseText& text, Building& building, Program& program, ProgramPhase& phase, program::PhaseKnown& known,
                 Diagnostics& diagnostics) {
  Diagnostics own;
  phase.name = text.name;
  phase.place = text.place;
  phase.kind = text.kind;
  phase.credits = text.prefetch;
  phase.uses_last = text.uses_last;
  known.has_kind = text.is_kind_known;
  known.has_all_nodes = text.has_all_nodes;
  program::make_nodes(text, building.types, building.resources, program, phase, known, own);
  for (std::size_t k = 0; k < phase.nodes.size(); ++k)
    if (phase.nodes[k].node) building.givers.add(phase.nodes[k].node.get(), text.nodes[k]);
  program::connect(text, phase, known, own);
  program::order_nodes(phase, known, own);
  program::solve_grains(phase, known, own);
  take_share(program.settings.share, phase, own);
  const std::vector<program::GuessedNames> guesses = program::solve_contracts(text, program, phase, known, building.givers, own);
  if (!text.is_template) building.guesses.insert(building.guesses.end(), guesses.begin(), guesses.end());
  program::form_segments(text, program, phase, known, own);
  program::find_rows_of_ranks(program, phase, known, own);
  const bool is_whole =
      known.has_all_edges() && std::all_of(known.nodes.begin(), known.nodes.end(), [](const auto& node) { return node.is_whole; });
  if (is_whole && !own.has_errors()) program::size_phase(phase);
  diagnostics.append(own);
}

/// Appends new mistakes. A mistake in a text that two phases or two instances of a template share is reported once.
void append_new_of(const GraphDescription& graph, const Diagnostics& found, Diagnostics& diagnostics) {
  std::set<std::string, std::less<>> phases;
  for (const PhaseText& phase : graph.phases) phases.insert(phase.name);
  for (const PhaseText& one : graph.unused_templates) phases.insert(one.name);
  append_new(found, phases, diagnostics);
}

void make_absolute(ComponentText& text, const Component& component) {
  for (const ParamPort* param : component.params()) {
    Tree* tree = param->type_name() == "path" ? program::find_dotted(text.with, param->name()) : nullptr;
    if (tree && tree->is_scalar() && !tree->scalar.empty()) tree->scalar = (tree->directory / tree->scalar).lexically_normal().string();
  }
}

template <class Type>
void make_absolute(ComponentText& text, const Type* type) {
  if (!type) return;
  const WorkingOn working(text.name, type->id, type->plugin, text.place, "while the graph is checked");
  if (const auto made = program::made_quietly(*type)) make_absolute(text, *made);
}

/// Returns the graph with absolute paths, so that its text means the same in the run's folder. Only the types know which parameters are
/// paths.
GraphDescription self_contained(GraphDescription graph, const Registry& registry) {
  for (ComponentText& text : graph.resources) make_absolute(text, registry.find_resource(text.uses.text));
  for (PhaseText& phase : graph.phases)
    for (NodeText& text : phase.nodes) make_absolute(text, registry.find_node(text.uses.text));
  return graph;
}

}  // namespace

int ProgramPhase::find(std::string_view wanted) const {
  for (std::size_t k = 0; k < nodes.size(); ++k)
    if (nodes[k].name == wanted) return static_cast<int>(k);
  return -1;
}

const ProgramNode* ProgramPhase::stream() const {
  if (kind != PhaseKind::Predict || origins.size() != 1) return nullptr;
  const ProgramNode& source = nodes[static_cast<std::size_t>(origins[0].source)];
  return source.length == 0 && dynamic_cast<const StreamsSamples*>(source.node.get()) ? &source : nullptr;
}

std::vector<const Wire*> ProgramPhase::unknown_sizes() const {
  std::vector<const Wire*> unknown;
  for (const Wire& wire : wires)
    if ((!wire.is_size_known || wire.is_size_assumed) && !wire.readers.empty() && !wire.stays_in_segment) unknown.push_back(&wire);
  return unknown;
}

Program Program::build(const GraphDescription& graph, const Registry& registry, const ProgramSettings& settings, Diagnostics& diagnostics) {
  check_share(settings.share);
  Program program;
  program.types_ = registry.types();
  if (!graph.is_readable || !check_size(graph, diagnostics)) return program;
  program.title = graph.title;
  if (!diagnostics.has_errors()) {
    GraphDescription whole = self_contained(graph, registry);
    program.resolved = resolved_text(whole);
    program.graph_hash = graph_hash_of(std::move(whole));
  }
  program.params = graph.params;
  program.settings = settings;
  program.value_builds = registry.value_builds();
  program.memory_bytes = graph.plan.memory_bytes;
  program.plan.stall_seconds = graph.plan.stall_seconds > 0 ? graph.plan.stall_seconds : usual_stall_seconds;
  Diagnostics found;
  const program::Types types{registry, program::check_needs(graph.needs, registry, found)};
  const program::ResourcesKnown resources = program::build_resources(graph, types, program, found);
  Building building{types, resources, {}, {}};
  for (const ProgramResource& resource : program.resources)
    for (const ComponentText& text : graph.resources)
      if (resource.resource && text.name == resource.name) building.givers.add(resource.resource.get(), text);
  program.phases.reserve(graph.phases.size());
  std::vector<program::PhaseKnown> known(graph.phases.size());
  for (std::size_t k = 0; k < graph.phases.size(); ++k) {
    known[k].is_trained = graph.plan.train && graph.plan.train->phase.text == graph.phases[k].name;
    build_phase(graph.phases[k], building, program, program.phases.emplace_back(), known[k], found);
  }
  for (const PhaseText& one : graph.unused_templates) {
    ProgramPhase alone;
    program::PhaseKnown known_of_one;
    build_phase(one, building, program, alone, known_of_one, found);
  }
  program::compare_guesses(building.guesses, building.givers, found);
  const bool is_sized = !found.has_errors() && !diagnostics.has_errors();
  program::build_plan(graph, program, known, is_sized, found);
  program::share_kept_bytes(program, graph.plan, is_sized, found);
  program::check_written_places(program, known, found);
  program::check_shared_samples(graph, resources.has_all, program, known, found);
  if (is_sized && !found.has_errors()) program::check_preprocessing(program, found);
  append_new_of(graph, found, diagnostics);
  for (const Diagnostic& one : diagnostics.all())
    if (one.is_warning) program.warnings.push_back(one.text);
  for (const program::PhaseKnown& phase : known)
    for (const std::string& sentence : phase.disclosed) program::add_disclosure(program, sentence);
  for (const ProgramPhase& phase : program.phases)
    if (!phase.merged_passes.empty())
      program::add_disclosure(program, "passes of one network ran as one in the steps of `" + phase.name +
                                           "` (--merge-passes): last bits differ from those of separate passes");
  return program;
}

std::int64_t Program::bound_bytes() const {
  // The training and its validation are in flight at the same time; every other phase is alone.
  std::int64_t training = 0, most = 0;
  for (std::size_t k = 0; k < phases.size(); ++k) {
    const int index = static_cast<int>(k);
    if (index == plan.train || index == plan.validate) training += phases[k].bound_bytes();
    most = std::max(most, phases[k].bound_bytes());
  }
  return std::max(training, most);
}

}  // namespace leat
