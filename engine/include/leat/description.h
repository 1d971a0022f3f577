#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/diagnostics.h"
#include "leat/frame.h"
#include "leat/tree.h"

namespace leat {

/// A word of the user's with its place.
struct Named {
  std::string text;
  Place place;
};

/// Where an input comes from: `node.port`, or `node` alone (then `port` is empty). No node: a mistake in it was reported.
struct Reference {
  std::string node;
  std::string port;
  Place place;
};

/// One entry of a node's `in`: port, and reference. An Inputs port has one entry for each of its names (`member`).
struct InputText {
  std::string port;
  std::string member;
  Place place;
  Reference from;
};

struct ComponentText {
  std::string name;
  Place place;             ///< Of the name.
  Named uses;              ///< The registered type.
  Tree with;               ///< A map or null.
  bool is_broken = false;  ///< A mistake in it was reported: `uses` is empty if it could not be read, and `with` and `in` may lack parts.
};

struct NodeText : ComponentText {
  std::vector<InputText> in;
  std::optional<Named> lane;
  bool skips_errors = false;  ///< `on_error: skip`
};

/// An input or output of a template in use. It is looked at for its own sake: nobody may read it.
struct ThroughText {
  std::string what;  ///< "output `sum` of template `added`"
  Reference from;    ///< In names of the phase.
};

struct PhaseText {
  std::string name;
  Place place;
  PhaseKind kind = PhaseKind::Train;
  int prefetch = 3;
  bool uses_last = false;  ///< `weights: last`: judges the last step's weights, not those chosen by validation.
  std::vector<NodeText> nodes;
  std::vector<ThroughText> through;  ///< What instances of templates take and give.
  bool is_template = false;          ///< Not a phase but a template: what its nodes read from outside, and who reads them, is not known.
  bool is_kind_known = true;         ///< False: a mistake in it was reported.
  bool has_all_nodes = true;         ///< False: a mistake was reported, and there may be more.
};

struct KeepText {
  std::vector<Named> metrics;  ///< `phase.node.metric`
  std::string mode = "mean";   ///< The best mean of these; `first`: what was validated first, whatever it measured.
  double within = 0;           ///< The latest whose mean is at most this much below the best; 0: of equal ones the earliest.
  Place place;
};

struct TrainText {
  Named phase;
  std::int64_t steps = 0;  ///< 0: `epochs` counts.
  double epochs = 0;
  Named epochs_of;                    ///< The source whose passes are counted.
  std::int64_t checkpoint_every = 0;  ///< Steps; 0: by time.
  double checkpoint_seconds = 0;      ///< 0 and no steps: not said.
  Named validate_phase;               ///< Empty: none.
  std::int64_t validate_every = 0;    ///< Steps; 0: by epochs.
  double validate_epochs = 1;         ///< Epochs between two validations, where `validate_every` is 0.
  Named validate_epochs_of;           ///< The source whose epochs they are; empty: `epochs_of`, or the phase's only source.
  KeepText keep;
  std::int64_t stop_after = 0;  ///< Validations without a better one; 0: never.
  Place place;
  bool is_broken = false;  ///< A mistake in it was reported; what could not be read has its default.
};

struct PlanText {
  std::optional<TrainText> train;
  std::vector<Named> then;
  std::int64_t memory_bytes = 2'000'000'000;
  Place place;
  bool is_broken = false;  ///< As `TrainText::is_broken`.
};

/// A parameter of the graph, as set.
struct ParamText {
  std::string name;
  std::string value;    ///< As YAML on a line.
  std::string doc;      ///< What it is.
  std::string allowed;  ///< `32..1024, a multiple of 32`, `one of ema, live`; empty: any value.
};

/// A plugin without which the graph means nothing.
struct NeedText {
  std::string plugin;
  std::string lowest_version;  ///< `0.1`
  Place place;
};

/// A graph file as it was meant: `extends` merged, parameters and `--set` in place, templates expanded; every part knows its place.
/// Nothing here knows a node type.
struct GraphDescription {
  std::string title;
  std::vector<ParamText> params;  ///< In the file's order.
  std::vector<NeedText> needs;
  std::vector<ComponentText> resources;
  std::vector<PhaseText> phases;
  std::vector<PhaseText> unused_templates;  ///< Those of the file itself that no phase uses, to be checked as far as they are known.
  PlanText plan;
  std::string resolved;           ///< The whole graph as one self-contained YAML text; reading it gives the same description.
  bool is_readable = true;        ///< False: mistakes leave nothing of it that could be checked.
  bool has_all_resources = true;  ///< False: a mistake was reported, and there may be more.
  bool has_all_phases = true;

  [[nodiscard]] const PhaseText* find_phase(std::string_view name) const;
};

/// One `--set key=value`, or what a sweep's file sets.
struct Setting {
  std::string key;
  std::string value;
  std::optional<Tree> tree;  ///< The value where it was read already, with its own place.
};

/// Reads a graph file. All mistakes go into `diagnostics`; a description with some can only be checked further, by
/// Program::build, and be used for nothing else.
[[nodiscard]] GraphDescription read_graph(const std::filesystem::path& file, const std::vector<Setting>& settings,
                                          Diagnostics& diagnostics);
/// The same from a text, named in messages as `name`; relative paths and `extends` start from `directory`.
[[nodiscard]] GraphDescription read_graph_text(std::string_view content, const std::string& name, const std::filesystem::path& directory,
                                               const std::vector<Setting>& settings, Diagnostics& diagnostics);

}  // namespace leat
