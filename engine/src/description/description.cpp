#include "leat/description.h"

#include <algorithm>
#include <set>

#include "base/one_mistake.h"
#include "base/phase_kinds.h"
#include "description/load.h"
#include "description/needs.h"
#include "description/parameters.h"
#include "description/plan.h"
#include "description/templates.h"
#include "leat/read_tree.h"
#include "leat/resolved_text.h"

namespace leat {

namespace {

/// Reads a phase's kind. Without `kind:`, it is `fallback`: the phase's own name, or the name of the phase that it is like.
void read_kind(Section& section, const std::string& fallback, PhaseText& phase, Reading& reading) {
  static const std::vector<std::string> words(phase_keys::kinds.begin(), phase_keys::kinds.end());
  const std::optional<Named> word = section.word(phase_keys::kind);
  const std::optional<PhaseKind> kind = find_phase_kind(word ? word->text : fallback);
  phase.is_kind_known = kind && (word || !section.find(phase_keys::kind));
  if (kind) phase.kind = *kind;
  else if (word)
    reading.diagnostics.error("value.word", word->place, section.subject(phase_keys::kind) + " cannot be `" + word->text + "`",
                              name_hint(word->text, words));
  else if (!section.find(phase_keys::kind))
    reading.diagnostics.error("phase.kind", phase.place, "phase `" + phase.name + "` has no kind", "`kind:` is one of " + name_list(words));
}

/// Reads `weights:`. Appends the phase to `judges_best`, with the place, if it asks for the best weights.
void read_weights(Section& section, PhaseText& phase, std::vector<Named>& judges_best, Reading& reading) {
  const std::optional<Named> word = section.word(phase_keys::weights);
  if (!word) return;
  phase.uses_last = word->text == "last";
  if (word->text != "last" && word->text != "best")
    reading.diagnostics.error("value.word", word->place, section.subject(phase_keys::weights) + " cannot be `" + word->text + "`",
                              name_hint(word->text, {phase_keys::choices.begin(), phase_keys::choices.end()}));
  else if (phase.is_kind_known && (phase.kind == PhaseKind::Train || phase.kind == PhaseKind::Validate))
    reading.diagnostics.error("value.word", word->place, section.what() + " cannot have `weights`: it runs before weights are selected");
  else if (word->text == "best") judges_best.push_back({phase.name, word->place});
}

void refuse_best_of_none(const std::vector<Named>& judges_best, const PlanText& plan, Reading& reading) {
  if (!plan.train || plan.train->is_broken || !plan.train->keep.metrics.empty()) return;
  for (const Named& phase : judges_best)
    reading.diagnostics.error("plan.keep", phase.place, "phase `" + phase.text + "` uses the best weights, but `plan.train` keeps none",
                              "add `keep: {best: validate.classes.auc}` to `plan.train`");
}

/// Returns the phase merged over the phase that its `like` names, or unchanged if it has no `like`. If `like` does not name another phase
/// (one without a `like` of its own), reports an error and returns nullopt.
std::optional<Tree::Entry> with_model(const Tree::Entry& entry, const Tree& phases, std::string& kind, Reading& reading) {
  const Tree* like = entry.value.is_map() ? entry.value.find(phase_keys::like) : nullptr;
  if (!like || like->is_null()) return entry;
  const Tree* model = like->is_scalar() && like->scalar != entry.key ? phases.find(like->scalar) : nullptr;
  std::vector<std::string> names;
  for (const Tree::Entry& one : phases.entries)
    if (one.key != entry.key && !(one.value.is_map() && one.value.find(phase_keys::like))) names.push_back(one.key);
  if (!model || !model->is_map() || model->find(phase_keys::like)) {
    const std::string found = like->is_scalar() ? like->scalar : "";
    const Tree* further = model && model->is_map() ? model->find(phase_keys::like) : nullptr;
    const bool is_chain = further && further->is_scalar();
    const std::string why = found == entry.key ? ", itself" : is_chain ? ", which is like `" + further->scalar + "`" : "";
    const std::string hint = is_chain && further->scalar != entry.key ? "use `like: " + further->scalar + "`"
                                                                      : "it takes the nodes of another phase; " + name_hint(found, names);
    reading.diagnostics.error("phase.like", like->place,
                              "phase `" + entry.key + "` cannot be like " + (found.empty() ? like->describe() : "`" + found + "`") + why,
                              hint);
    return {};
  }
  kind = like->scalar;
  Tree::Entry out = entry;
  Tree own = entry.value;
  std::erase_if(own.entries, [](const Tree::Entry& one) { return one.key == phase_keys::like.name; });
  refuse_removals(model->find(phase_keys::nodes), own.find(phase_keys::nodes), "node", "phase `" + kind + "`", reading);
  out.value = *model;
  out.value.place = entry.value.place;
  merge_trees(out.value, own);
  return out;
}

PhaseText read_phase(const Tree::Entry& entry, const std::string& kind, const Templates& templates, const Scope& graph,
                     std::set<std::string>& used, std::vector<Named>& judges_best, Reading& reading) {
  PhaseText phase;
  phase.name = entry.key;
  phase.place = entry.key_place;
  Tree head = entry.value;
  // Nodes are substituted one by one, because those of a template have parameters of their own.
  for (Tree::Entry& one : head.entries)
    if (one.key != phase_keys::nodes.name) one.value = graph.substitute(one.value);
  Section section(head, "phase `" + phase.name + "`", phase.place, phase_keys::all, reading);
  if (head.is_map()) read_kind(section, kind, phase, reading);
  read_weights(section, phase, judges_best, reading);
  phase.prefetch = static_cast<int>(std::min<std::int64_t>(section.whole(phase_keys::prefetch, 1).value_or(3), 1'000'000));
  const Tree* nodes = section.require(phase_keys::nodes, "`nodes: {name: {uses: …}}`") ? section.map(phase_keys::nodes) : nullptr;
  const auto may_have_more = [&reading](const auto& one) { return one.second.nodes && reading.has_duplicate(*one.second.nodes); };
  phase.has_all_nodes =
      nodes && section.knows_all(phase_keys::nodes) && std::none_of(templates.all.begin(), templates.all.end(), may_have_more);
  if (nodes) {
    Expanded expanded = expand_nodes(*nodes, templates, graph, used, reading);
    phase.nodes = std::move(expanded.nodes);
    phase.through = std::move(expanded.through);
    phase.instances = std::move(expanded.instances);
  }
  return phase;
}

/// Returns the templates of `file` that no phase uses. Templates of an extended graph are checked there, so they are left out here.
std::vector<PhaseText> read_unused(const Templates& templates, const SourceText* file, std::set<std::string>& used, const Scope& graph,
                                   Reading& reading) {
  std::vector<PhaseText> unused;
  for (const auto& [name, one] : templates.all) {
    if (!one.is_read || !one.nodes || one.place.text.get() != file || used.contains(name)) continue;
    PhaseText& made = unused.emplace_back();
    made.name = name;
    made.place = one.place;
    made.is_template = true;
    made.is_kind_known = false;
    made.has_all_nodes = !reading.has_duplicate(*one.nodes);
    Expanded expanded = expand_template(one, templates, graph, used, reading);
    made.nodes = std::move(expanded.nodes);
    made.through = std::move(expanded.through);
  }
  return unused;
}

/// Returns a phase of which only the name is known.
PhaseText broken_phase(const Tree::Entry& entry) {
  PhaseText phase;
  phase.name = entry.key;
  phase.place = entry.key_place;
  phase.is_kind_known = phase.has_all_nodes = false;
  return phase;
}

std::vector<GivenValues::One> read_settings(const std::vector<Setting>& settings, const std::vector<Parameter>& parameters,
                                            Reading& reading) {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) names.push_back(parameter.name);
  std::vector<GivenValues::One> given;
  for (const Setting& setting : settings) {
    const auto text = source_text("--set " + setting.key, std::filesystem::current_path(), setting.value);
    if (std::find(names.begin(), names.end(), setting.key) == names.end()) {
      const std::string hint = names.empty() ? "it has no parameters" : name_hint(setting.key, names);
      const Place place = setting.tree ? setting.tree->place : Place{text, 1, 1};
      reading.diagnostics.error("set.unknown", place, "the graph has no parameter `" + setting.key + "`", hint);
      continue;
    }
    if (setting.tree) {
      given.push_back({setting.key, *setting.tree});
      continue;
    }
    const std::size_t before = reading.diagnostics.all().size();
    Tree value = read_tree(text, reading.diagnostics);
    refuse_controls(value, reading);
    if (reading.diagnostics.all().size() == before) given.push_back({setting.key, std::move(value)});
  }
  return given;
}

/// Returns the parameters that settings with unknown names probably mean.
std::set<std::string> meant_by(const std::vector<Setting>& settings, const std::vector<Parameter>& parameters) {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) names.push_back(parameter.name);
  std::set<std::string> meant;
  for (const Setting& setting : settings)
    if (std::find(names.begin(), names.end(), setting.key) == names.end()) meant.insert(nearest_name(setting.key, names));
  return meant;
}

void warn_of_unused(const std::vector<GivenValues::One>& given, const Scope& scope, Reading& reading) {
  for (const GivenValues::One& one : given)
    if (!scope.is_used(one.name))
      reading.diagnostics.warning("set.unused", one.value.place, "nothing in the graph refers to the parameter `" + one.name + "`");
}

std::optional<Tree> substituted_map(Section& section, std::string_view key, const Scope& scope) {
  const Tree* found = section.map(key);
  return found ? std::optional(scope.substitute(*found)) : std::nullopt;
}

void read_body(const Tree& tree, const std::vector<Setting>& settings, GraphDescription& graph, Reading& reading) {
  Section section(tree, "the graph", tree.place,
                  {"leat", "title", "extends", "needs", "params", "resources", "templates", "phases", "plan"}, reading);
  const std::vector<Parameter> parameters = read_parameters(section.map("params"), reading);
  const std::vector<GivenValues::One> given = read_settings(settings, parameters, reading);
  Scope scope(reading);
  if (!section.knows_all("params")) scope.leave_open();
  bind_parameters(parameters, {given, &scope, {}, meant_by(settings, parameters)}, scope, reading);
  for (const Parameter& parameter : parameters)
    if (const Tree* value = scope.peek(parameter.name))
      graph.params.push_back({parameter.name, flow_text(*value), parameter.doc, parameter.allowed()});
  if (const Tree* title = section.find("title")) {
    const Tree text = scope.substitute(*title);
    if (text.is_scalar()) graph.title = text.scalar;
    else if (!text.is_null()) refuse_value(reading, text, "`title`", "a text");
  }
  if (const std::optional<Tree> needs = substituted_map(section, "needs", scope)) graph.needs = read_needs(*needs, reading);
  const std::optional<Tree> resources = substituted_map(section, "resources", scope);
  if (resources) graph.resources = read_resources(*resources, reading);
  graph.has_all_resources = section.knows_all("resources");
  Templates templates = read_templates(section.map("templates"), reading);
  templates.has_all = section.knows_all("templates");
  section.require("phases", "`phases: {train: {nodes: {…}}}`");
  const Tree* phases = section.map("phases");
  graph.has_all_phases = phases && section.knows_all("phases");
  std::set<std::string> used;  // Names of used templates.
  std::vector<Named> judges_best;
  if (phases)
    for (const Tree::Entry& entry : phases->entries) {
      const bool has_name = check_name(entry.key, entry.key_place, "phase", NameRule::Plain, reading);
      std::string kind = entry.key;
      const auto whole = has_name ? with_model(entry, *phases, kind, reading) : std::nullopt;
      graph.phases.push_back(whole ? read_phase(*whole, kind, templates, scope, used, judges_best, reading) : broken_phase(entry));
    }
  graph.plan.place = tree.place;
  const std::optional<Tree> plan = substituted_map(section, "plan", scope);
  if (plan) graph.plan = read_plan(*plan, tree.find_entry("plan")->key_place, graph, reading);
  else if (section.find("plan") || !section.knows_all("plan")) {
    graph.plan.is_broken = true;
    graph.plan.memory_bytes = unknown_memory;
  }
  refuse_best_of_none(judges_best, graph.plan, reading);
  warn_of_unused(given, scope, reading);
  if (graph.has_all_phases) graph.unused_templates = read_unused(templates, tree.place.text.get(), used, scope, reading);
}

/// Passes on each mistake once. A mistake in a template is found once per instance, and one in a phase once per phase that is like it. A
/// value that could not be made is also refused by its reader. A mistake of a parameter is reported where its value is given.
void hand_over(const Reading& reading, const GraphDescription& graph, Diagnostics& diagnostics) {
  std::set<std::string, std::less<>> phases;
  for (const PhaseText& phase : graph.phases) phases.insert(phase.name);
  for (const PhaseText& one : graph.unused_templates) phases.insert(one.name);
  std::set<std::tuple<Reading::PlaceKey, std::string, std::string>> told;
  std::set<Reading::PlaceKey> places;
  for (const Diagnostic& one : reading.diagnostics.all()) {
    const Reading::PlaceKey key = Reading::key_of(one.place);
    if (reading.is_told(one.place) || !told.emplace(key, one.id, one_mistake(one.text, phases)).second) continue;
    if (!places.insert(key).second && reading.is_broken(one.place)) continue;
    Diagnostic& added = one.is_warning ? diagnostics.warning(one.id, one.place, one.text, one.hint)
                                       : diagnostics.error(one.id, one.place, one.text, one.hint);
    added.notes = one.notes;
  }
}

/// Returns false if the mistake makes the meaning of the rest uncertain.
bool leaves_a_graph(const Diagnostic& mistake) {
  // The only unknown keys so far are keys that were to be removed.
  return mistake.id == "key.duplicate" || mistake.id == "key.missing" || mistake.id == "key.unknown";
}

GraphDescription read_source_graph(const std::shared_ptr<const SourceText>& text, const std::filesystem::path& file,
                                   const std::vector<Setting>& settings, Reading& reading) {
  GraphDescription graph;
  const std::optional<Tree> tree = load_merged(text, file, reading);
  graph.is_readable = tree && std::all_of(reading.diagnostics.all().begin(), reading.diagnostics.all().end(), leaves_a_graph);
  if (!tree) return graph;
  reading.note_duplicates();
  try {
    read_body(*tree, settings, graph, reading);
  } catch (const Reading::TooLarge&) {
    reading.diagnostics.error("graph.size", tree->place, "parameters and templates make the graph too large",
                              "a parameter or a template repeats another one many times");
    graph.is_readable = false;
    return graph;
  }
  if (!reading.diagnostics.has_errors()) graph.resolved = resolved_text(graph);
  return graph;
}

}  // namespace

const PhaseText* GraphDescription::find_phase(std::string_view name) const {
  for (const PhaseText& phase : phases)
    if (phase.name == name) return &phase;
  return nullptr;
}

GraphDescription read_graph(const std::filesystem::path& file, const std::vector<Setting>& settings, Diagnostics& diagnostics) {
  Diagnostics found;
  Reading reading(found);
  GraphDescription graph;
  if (const auto text = read_source(file, file.string(), {}, reading)) graph = read_source_graph(text, file, settings, reading);
  else graph.is_readable = false;
  graph.files = std::move(reading.files);
  graph.texts = std::move(reading.texts);
  hand_over(reading, graph, diagnostics);
  return graph;
}

GraphDescription read_graph_text(std::string_view content, const std::string& name, const std::filesystem::path& directory,
                                 const std::vector<Setting>& settings, Diagnostics& diagnostics) {
  Diagnostics found;
  Reading reading(found);
  std::error_code ignored;
  const auto text = source_text(name, std::filesystem::absolute(directory, ignored), content);
  reading.texts.push_back(text);
  GraphDescription graph = read_source_graph(text, {}, settings, reading);
  graph.files = std::move(reading.files);
  graph.texts = std::move(reading.texts);
  hand_over(reading, graph, diagnostics);
  return graph;
}

}  // namespace leat
