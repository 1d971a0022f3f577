#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leat/batch_share.h"
#include "leat/description.h"
#include "leat/earlier_run.h"
#include "leat/registry.h"

namespace leat {

enum class Grain { Slot, Step };

/// The origin of rows: a source, and the largest number of slots with which it opens a step.
struct Origin {
  int source = -1;  ///< Index of the source's node.
  int rows = 0;
};

/// The values of one output. All readers get the same values.
struct Wire {
  struct Reader {
    int node;
    int input;
    int member;  ///< Index among the input's feeds.
  };
  int node = -1;
  int output = -1;
  const Port* port = nullptr;
  Grain grain = Grain::Step;
  int origin = -1;         ///< Origin of its slots, or of the rows of a step-grain value; -1 if it has no rows.
  Contract contract;       ///< With the sizes that are known before the run.
  Contract promised;       ///< As the node states it, without the needs of its readers.
  std::int64_t bytes = 0;  ///< Largest size of one value.
  bool is_size_known = true;
  bool is_size_assumed = false;  ///< Copied from an input of its node, without a statement by the node.
  bool stays_in_segment = false;
  bool is_recorded = false;  ///< The plan's `record` names it.
  std::vector<Reader> readers;
  bool has_left_readers = false;              ///< A preview has removed readers (`keep_upstream`).
  std::map<std::string, std::int64_t> facts;  ///< Numbers about the values, for downstream nodes (`Shapes::set_fact`).
  /// A dimension whose number is not known before the run, but is that of a value which the node reads in the same call.
  struct Follows {
    int axis;
    int input;
    int member;
    int input_axis;
  };
  std::vector<Follows> follows;
};

/// A connection to an input. An Inputs port has one per name.
struct Feed {
  int wire = -1;
  std::string member;
  Place place;
  std::vector<Reorder> reorders;  ///< Reorders that bring the wire's values into the node's order of entries.
};

struct BoundInput {
  const Port* port = nullptr;
  std::vector<Feed> feeds;
};

/// One node of a phase: its object, its connections, its lane and its grain.
struct ProgramNode {
  std::string name;
  Place place;
  const NodeType* type = nullptr;
  std::unique_ptr<Node> node;
  const Source* source = nullptr;                          ///< The node if it is a source, else null.
  std::int64_t length = 0;                                 ///< For a source: samples per epoch; 0 if it is endless.
  std::vector<BoundInput> inputs;                          ///< Indexed by input port.
  std::vector<int> wires;                                  ///< Indexed by output port.
  std::vector<std::pair<int, UsePort::Access>> resources;  ///< Resources that it reads and changes, directly or through others.
  Grain grain = Grain::Step;
  int origin = -1;  ///< Origin of its slots or rows.
  LaneKind lane = LaneKind::Cpu;
  int segment = -1;
  bool sees_all_ranks = false;  ///< On the device lane of a training on several ranks: it gets the rows of all of them.
  int merged_pass = -1;         ///< Index among the phase's merged passes; -1 if it runs by itself.
  bool skips_errors = false;
  bool has_reorders = false;                       ///< At least one of its feeds has reorders.
  bool is_deterministic = false;                   ///< Its outputs depend on its inputs and parameters only.
  bool keeps_results = false;                      ///< It can keep pictures for reports (`Shapes::keeps_results`).
  std::int64_t keep_bytes = 0;                     ///< Its share of the plan's `keep_results`; 0: it keeps none.
  std::map<const Metric*, std::string> undefined;  ///< Metrics that the inputs leave undefined, and the reasons.

  [[nodiscard]] bool is_ordered() const { return !node->states().empty(); }
};

/// Nodes of the device lane that run one after another, as one block per step.
struct Segment {
  std::vector<int> nodes;  ///< In topological order; readers of a resource come before the node that changes it.
};

/// Nodes of one segment whose passes run as one, over the rows of all (`ProgramSettings::merges_passes`). They follow each other in the
/// segment, and none depends on another.
struct MergedPass {
  std::vector<int> nodes;  ///< Two or more.
};

/// A node that runs a pass which is not merged with others.
struct LonePass {
  int node = -1;
  std::string why;  ///< A clause.
};

/// Deterministic nodes of slot grain, each the only reader of the one before. The first reads an output of a source. So the value of the
/// last one depends on the source's value only, and a cache can keep it.
struct Stretch {
  std::vector<int> nodes;
  std::string text;  ///< What the value depends on besides the source's: types, parameters and inputs of the nodes.
};

struct ProgramPhase {
  std::string name;
  Place place;
  PhaseKind kind = PhaseKind::Train;
  bool uses_last = false;  ///< Runs with the weights of the last training step, not with the best.
  BatchShare share;        ///< That of the settings for a training. Other phases have whole batches.
  std::vector<ProgramNode> nodes;
  std::vector<Wire> wires;
  std::vector<Origin> origins;
  std::vector<Segment> segments;  ///< In the order in which the lane runs them.
  std::vector<MergedPass> merged_passes;
  std::vector<LonePass> lone_passes;  ///< If passes are merged: the others of a train phase.
  std::vector<int> order;             ///< All nodes in topological order.
  std::vector<Stretch> stretches;     ///< Those whose values the plan's `cache` keeps.
  std::vector<Stretch> cacheable;     ///< Those whose values a cache would keep, in the training and its validation.
  std::vector<int> recorded;          ///< Nodes that are in no stretch because the plan records their value.
  int credits = 1;                    ///< Largest number of steps in flight.
  int credits_without_cache = 1;      ///< As many there would be if the cache took no memory.
  std::int64_t step_bytes = 0;        ///< Largest size of the values of one step, without values that stay in a segment.
  std::int64_t steps = 0;             ///< Length: for a train phase as planned, for others one epoch of the longest source; 0
                                      ///< if the source finds its end during the run (`StreamsSamples`).

  [[nodiscard]] std::int64_t bound_bytes() const { return step_bytes * credits; }
  [[nodiscard]] int find(std::string_view node) const;  ///< Returns -1 if there is no such node.
  /// Returns the source that finds its number of samples during the run (`StreamsSamples`); null: there is none.
  [[nodiscard]] const ProgramNode* stream() const;
  /// Returns the wires whose values can be larger than `step_bytes` counts, because their sizes are unknown or assumed.
  [[nodiscard]] std::vector<const Wire*> unknown_sizes() const;
  [[nodiscard]] bool has_unknown_sizes() const { return !unknown_sizes().empty(); }
};

struct ProgramResource {
  std::string name;
  Place place;
  const ResourceType* type = nullptr;
  std::unique_ptr<Resource> resource;
  std::vector<std::pair<int, UsePort::Access>> uses;
};

/// One pass over a source, in steps. If that is not a whole number of steps, an epoch ends at the nearest step.
struct Epoch {
  std::int64_t length = 0;  ///< Samples in the source; 0 if no epochs are counted.
  std::int64_t batch = 1;

  [[nodiscard]] double steps() const { return static_cast<double>(length) / static_cast<double>(batch); }
  /// Returns the number of steps, at least 1, after which this number of epochs is over.
  [[nodiscard]] std::int64_t end_of(double epochs) const;
};

/// A time between two events of the training.
struct Period {
  std::int64_t steps = 0;  ///< 0 if given in epochs.
  double epochs = 0;
  Epoch epoch;  ///< Of the source that defines `epochs`.

  /// Returns the first end of a period after `steps_done`, at most `last`.
  [[nodiscard]] std::int64_t next_end(std::int64_t steps_done, std::int64_t last) const;
  /// Returns the length in steps, which need not be whole.
  [[nodiscard]] double length() const { return steps > 0 ? static_cast<double>(steps) : epochs * epoch.steps(); }
};

/// The values that a run keeps: those of the last step of each period of the training, and of the last step of each other phase.
struct ProgramRecord {
  struct Output {
    int phase = -1;
    int wire = -1;
  };
  std::vector<Output> outputs;      ///< Empty: nothing is recorded.
  int slots = 0;                    ///< Number of first slots or rows.
  Period every;                     ///< Of the training.
  std::int64_t budget_bytes = 0;    ///< Largest size of all recordings. What does not fit is left out.
  std::int64_t expected_bytes = 0;  ///< Size of all recordings, as far as the sizes of their values are known.

  [[nodiscard]] bool has(int phase) const;
};

/// What a run keeps of the values that depend on the files only, so that later epochs and phases do not compute them again.
struct ProgramCache {
  std::int64_t memory_bytes = 0;    ///< Budget in memory.
  std::int64_t file_bytes = 0;      ///< Budget of the file for values that do not fit into memory. Both 0: no cache.
  std::int64_t values = 0;          ///< Largest number of values that the sources can give; images of several phases count for each.
  std::int64_t expected_bytes = 0;  ///< Their size, as far as it is known.
  bool is_size_known = true;

  [[nodiscard]] bool is_on() const { return memory_bytes > 0 || file_bytes > 0; }
  /// Returns the bytes of memory that the cache can take.
  [[nodiscard]] std::int64_t most_memory() const { return is_size_known && expected_bytes < memory_bytes ? expected_bytes : memory_bytes; }
};

struct ProgramPlan {
  int train = -1;  ///< Index of a phase, as `validate` and `then`; -1 if there is none.
  int validate = -1;
  std::int64_t steps = 0;
  std::int64_t checkpoint_every = 0;  ///< Steps between two checkpoints; 0 if given in time.
  double checkpoint_seconds = 0;      ///< Seconds between two checkpoints; 0 if given in steps.
  Period validate_every;              ///< Used if `validate` is a phase.
  std::int64_t stop_after = 0;
  std::vector<std::string> keep;
  bool keeps_first = false;
  bool keeps_lowest = false;  ///< Lower values of these metrics are better.
  double stall_seconds = 0;   ///< Time without progress after which a run says what holds it up.
  double keeps_within = 0;    ///< Largest distance from the best at which later weights are kept instead.
  std::vector<int> then;
  ProgramRecord record;
  std::int64_t keep_bytes = 0;  ///< Most bytes of pictures that test phases keep for reports; 0: they keep none.
  ProgramCache cache;

  /// Returns the first step after `steps_done` at whose end a validation is due: the end of a period, or the last step of the training.
  /// Returns `steps` if nothing is validated.
  [[nodiscard]] std::int64_t next_validation(std::int64_t steps_done) const;
  [[nodiscard]] bool is_validation_due(std::int64_t steps_done) const {
    return validate >= 0 && steps_done > 0 && next_validation(steps_done - 1) == steps_done;
  }
  /// Returns true if the values of this step are recorded. `end` is the end of the phase's steps in this occurrence.
  [[nodiscard]] bool is_recorded(int phase, std::int64_t step, std::int64_t end) const;
};

/// Settings of `build` in addition to the graph.
struct ProgramSettings {
  std::uint64_t seed = 0;
  std::string device = "cpu";
  BatchShare share;
  EarlierRun earlier;  ///< For a resumed run (`earlier_run`), or a prediction.
  /// Runs passes of a training step as one where nodes allow it (`leat/merges_passes.h`). It changes the order in which numbers are added,
  /// so a run keeps it from begin to end.
  bool merges_passes = false;
};

/// A graph that can run: nodes created and configured, edges typed, grains, rows and contracts solved, lanes and segments formed, memory
/// bounded. Lists and headers of files are read, pixels are not. One program is for one run at a time. [setup]
class Program {
 public:
  /// Builds a program and adds as many mistakes to `diagnostics` as can be found at once. `diagnostics` has the mistakes of the description
  /// already. Each mistake is reported once; errors that only follow from it are not. The program is usable only if there are no errors.
  /// Throws std::invalid_argument for an impossible share.
  [[nodiscard]] static Program build(const GraphDescription& graph, const Registry& registry, const ProgramSettings& settings,
                                     Diagnostics& diagnostics);
  Program(Program&&) = default;
  Program& operator=(Program&&) = default;

  std::string title;
  std::string resolved;    ///< Resolved text of the graph.
  std::string graph_hash;  ///< As `graph_hash_of` gives it: what cannot change the numbers of a run does not count.
  std::vector<ParamText> params;
  ProgramSettings settings;
  std::vector<ProgramResource> resources;           ///< Invariant: a resource comes after the resources that it uses.
  std::vector<std::string> warnings;                ///< Warnings of `build`; a run stores them with its own.
  std::map<std::string, std::string> value_builds;  ///< Builds of the value types (`Registry::value_builds`): `LibTorch 2.13.0`.
  std::vector<std::string> disclosures;             ///< Sentences on the origin of results (`Opening::disclose`); a run stores them.
  std::vector<ProgramPhase> phases;
  /// A node that is opened, but does not run, and its phase. A preview has those that change its resources, because they prepare them.
  struct Opener {
    std::string phase;
    ProgramNode node;
  };
  std::vector<Opener> openers;
  ProgramPlan plan;
  std::int64_t memory_bytes = 0;  ///< Limit of the values in flight and of those in the cache.

  /// Returns the part of `memory_bytes` that the cache leaves for the values in flight.
  [[nodiscard]] std::int64_t flight_bytes() const { return memory_bytes - plan.cache.most_memory(); }
  /// Returns the largest number of bytes that values in flight can take at one time.
  [[nodiscard]] std::int64_t bound_bytes() const;

 private:
  Program() = default;
  std::vector<std::shared_ptr<const void>> types_;  ///< The registry's. Nodes and resources point at them.
};

}  // namespace leat
