#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/diagnostics.h"
#include "leat/frame.h"
#include "leat/tree.h"

namespace leat {

/// A word in the user's text, and its place.
struct Named {
  std::string text;
  Place place;
};

/// The source of an input: `node.port`, or `node` alone (then `port` is empty). If `node` is empty, a mistake in it was reported.
struct Reference {
  std::string node;
  std::string port;
  Place place;
};

/// One entry of a node's `in`: an input port, and what it reads. An `Inputs` port has one entry per name (`member`).
struct InputText {
  std::string port;
  std::string member;
  Place place;
  Reference from;
};

struct ComponentText {
  std::string name;
  Place place;             ///< Place of the name.
  Named uses;              ///< The registered type.
  Tree with;               ///< A map or null.
  bool is_broken = false;  ///< A mistake was reported; `uses` can be empty, and `with` and `in` can lack entries.
};

struct NodeText : ComponentText {
  std::vector<InputText> in;
  std::optional<Named> lane;
  bool skips_errors = false;  ///< `on_error: skip`
};

/// An input or output of a template's instance. It is checked even if no node reads it.
struct ThroughText {
  std::string what;  ///< "output `sum` of template `added`"
  Reference from;    ///< Named as in the phase.
};

/// An instance of a template in a phase. Its nodes have names that begin with its name and a slash.
struct InstanceText {
  std::string name;
  Place place;
  std::string of;  ///< Name of the template.
};

struct PhaseText {
  std::string name;
  Place place;
  PhaseKind kind = PhaseKind::Train;
  int prefetch = 3;
  bool uses_last = false;  ///< `weights: last`: evaluates the weights of the last step, not those selected on validation.
  std::vector<NodeText> nodes;
  std::vector<InstanceText> instances;
  std::vector<ThroughText> through;  ///< Inputs and outputs of templates' instances.
  bool is_template = false;          ///< True: a template, not a phase; the other ends of its inputs and outputs are unknown.
  bool is_kind_known = true;         ///< False: a mistake in the kind was reported.
  bool has_all_nodes = true;         ///< False: a mistake was reported, which can hide some.
};

struct KeepText {
  std::vector<Named> metrics;  ///< `phase.node.metric`
  std::string mode = "mean";   ///< `mean`: the best mean of these metrics. `first`: the first validation, whatever it measured.
  double within = 0;  ///< Largest distance from the best mean; the latest such weights are kept. 0: the best, of equal ones the first.
  Place place;
};

/// A time between two events of the training.
struct PeriodText {
  std::int64_t steps = 0;  ///< 0 if given in epochs.
  double epochs = 1;       ///< Used if `steps` is 0.
  Named epochs_of;         ///< Source that defines them; empty: that of the training's `epochs`, or the phase's only source.
};

struct TrainText {
  Named phase;
  std::int64_t steps = 0;  ///< 0 if the length is given by `epochs`.
  double epochs = 0;
  Named epochs_of;                    ///< Source that defines an epoch.
  std::int64_t checkpoint_every = 0;  ///< In steps; 0 if given in time.
  double checkpoint_seconds = 0;      ///< 0 if given in steps, or not at all.
  Named validate_phase;               ///< Empty if nothing is validated.
  PeriodText validate_every;
  KeepText keep;
  std::int64_t stop_after = 0;  ///< Validations in a row without a better one; 0: no early stop.
  Place place;
  bool is_broken = false;  ///< A mistake was reported; values that could not be read have their defaults.
};

/// `plan.record`: outputs whose values a run keeps.
struct RecordText {
  std::vector<Named> edges;  ///< `phase.node.output`
  std::int64_t slots = 4;    ///< First slots of a step of which values are kept.
  PeriodText every;          ///< Of the training phase. Of other phases, the last step is recorded.
  std::int64_t budget_bytes = 50'000'000;
  Place place;
};

struct PlanText {
  std::optional<TrainText> train;
  std::optional<RecordText> record;
  std::vector<Named> then;
  std::int64_t memory_bytes = 2'000'000'000;
  double stall_seconds = 0;     ///< Time without progress after which a run says so; 0 if not given.
  std::int64_t keep_bytes = 0;  ///< Most bytes of pictures that test phases keep; 0 if not given.
  Place keep_place;
  std::int64_t cache_bytes = 0;       ///< Budget of the cache in memory. Both 0: no cache.
  std::int64_t cache_file_bytes = 0;  ///< Budget of its file.
  Place cache_place;
  Place place;
  bool is_broken = false;  ///< As in `TrainText`.
};

/// A parameter of the graph, with its value after `--set`.
struct ParamText {
  std::string name;
  std::string value;    ///< YAML on one line.
  std::string doc;      ///< The graph's sentence about it.
  std::string allowed;  ///< `32..1024, a multiple of 32`, `one of ema, live`; empty if any value is valid.
};

/// A plugin that the graph requires.
struct NeedText {
  std::string plugin;
  std::string lowest_version;  ///< `0.1`
  Place place;
};

/// A graph file with `extends` merged, parameters and `--set` substituted, and templates expanded. Every part has its place. The
/// description does not know the node types.
struct GraphDescription {
  std::string title;
  std::vector<ParamText> params;  ///< In the order of the file.
  std::vector<NeedText> needs;
  std::vector<ComponentText> resources;
  std::vector<PhaseText> phases;
  std::vector<PhaseText> unused_templates;  ///< Templates of this file that no phase uses; checked as far as possible.
  PlanText plan;
  std::string resolved;           ///< The whole graph as one self-contained YAML text. Reading it gives an equal description.
  bool is_readable = true;        ///< False: because of mistakes, nothing else can be checked.
  bool has_all_resources = true;  ///< False: a mistake was reported, which can hide some.
  bool has_all_phases = true;
  std::vector<std::filesystem::path> files;              ///< The graph and the files that it extends, also those that could not be read.
  std::vector<std::shared_ptr<const SourceText>> texts;  ///< Texts of those that could be read; the graph's is the first.

  [[nodiscard]] const PhaseText* find_phase(std::string_view name) const;
};

/// One `--set key=value`, or one setting in a sweep's file.
struct Setting {
  std::string key;
  std::string value;
  std::optional<Tree> tree;  ///< The value with its place, if it was read already.
};

/// Reads a graph file and reports all mistakes in `diagnostics`. A description with mistakes is good for one thing only: Program::build can
/// check it further.
[[nodiscard]] GraphDescription read_graph(const std::filesystem::path& file, const std::vector<Setting>& settings,
                                          Diagnostics& diagnostics);
/// Reads a graph from a text, called `name` in messages. Relative paths and `extends` start from `directory`.
[[nodiscard]] GraphDescription read_graph_text(std::string_view content, const std::string& name, const std::filesystem::path& directory,
                                               const std::vector<Setting>& settings, Diagnostics& diagnostics);

}  // namespace leat
