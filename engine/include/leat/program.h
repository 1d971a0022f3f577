#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leat/description.h"
#include "leat/earlier_run.h"
#include "leat/registry.h"

namespace leat {

enum class Grain { Slot, Step };

/// Where rows come from: a source and the most slots it opens a step with.
struct Origin {
  int source = -1;  ///< Index of its node.
  int rows = 0;
};

/// What one output gives: every reader sees the same values.
struct Wire {
  struct Reader {
    int node;
    int input;
    int member;  ///< Which of the input's feeds.
  };
  int node = -1;
  int output = -1;
  const Port* port = nullptr;
  Grain grain = Grain::Step;
  int origin = -1;         ///< Whose slots, or whose rows a step-grain value has; -1: no rows.
  Contract contract;       ///< Numbers where they are known before the run.
  std::int64_t bytes = 0;  ///< The most one value takes.
  bool is_size_known = true;
  bool is_size_assumed = false;  ///< Taken over from what its node reads, which nobody stated.
  bool stays_in_segment = false;
  std::vector<Reader> readers;
};

/// A connection that ends at an input: one, or one a name for Inputs.
struct Feed {
  int wire = -1;
  std::string member;
  Place place;
  std::vector<Reorder> reorders;  ///< What brings the wire's values into the order of entries that the node has.
};

struct BoundInput {
  const Port* port = nullptr;
  std::vector<Feed> feeds;
};

/// One node of a phase, resolved: its object, its connections, where and how often it runs.
struct ProgramNode {
  std::string name;
  Place place;
  const NodeType* type = nullptr;
  std::unique_ptr<Node> node;
  const Source* source = nullptr;                          ///< The node itself where it is one.
  std::int64_t length = 0;                                 ///< Of a source: samples in one pass; 0: without end.
  std::vector<BoundInput> inputs;                          ///< By port.
  std::vector<int> wires;                                  ///< By output port.
  std::vector<std::pair<int, UsePort::Access>> resources;  ///< What it reads and changes, through others too.
  Grain grain = Grain::Step;
  int origin = -1;  ///< Whose slots it runs over, or whose rows pair its ports.
  LaneKind lane = LaneKind::Cpu;
  int segment = -1;
  bool skips_errors = false;
  bool has_reorders = false;                       ///< A feed of it has.
  std::map<const Metric*, std::string> undefined;  ///< Metrics that what arrives leaves undefined, and why.

  [[nodiscard]] bool is_ordered() const { return !node->states().empty(); }
};

/// Nodes of the device lane that run as one piece of straight-line code a step.
struct Segment {
  std::vector<int> nodes;  ///< In topological order, readers of a resource before its writer.
};

struct ProgramPhase {
  std::string name;
  Place place;
  PhaseKind kind = PhaseKind::Train;
  bool uses_last = false;  ///< After training: the weights of its last step, not those kept as best.
  std::vector<ProgramNode> nodes;
  std::vector<Wire> wires;
  std::vector<Origin> origins;
  std::vector<Segment> segments;  ///< In the order the lane runs them.
  std::vector<int> order;         ///< All nodes, topological.
  int credits = 1;                ///< Steps in flight at most.
  std::int64_t step_bytes = 0;    ///< The most that the values of one step take, less what stays inside a segment.
  std::int64_t steps = 0;         ///< How long it is: of a train phase as planned, of others a pass over its longest source.

  [[nodiscard]] std::int64_t bound_bytes() const { return step_bytes * credits; }
  [[nodiscard]] int find(std::string_view node) const;  ///< -1: no such node.
  /// The wires whose values may take more than `step_bytes` counts: their sizes are not known, or assumed. Only running measures them.
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

/// One pass over a source, counted in steps. Where it is no whole number of steps, epochs end at the nearest ones.
struct Epoch {
  std::int64_t length = 0;  ///< Samples in the source; 0: no epochs are counted.
  std::int64_t batch = 1;

  [[nodiscard]] double steps() const { return static_cast<double>(length) / static_cast<double>(batch); }
  /// Returns how many steps are done when so many epochs are over, at least 1.
  [[nodiscard]] std::int64_t end_of(double epochs) const;
};

struct ProgramPlan {
  int train = -1;  ///< Indices of phases.
  int validate = -1;
  std::int64_t steps = 0;
  std::int64_t checkpoint_every = 0;  ///< Steps between two checkpoints; 0: they are taken by time.
  double checkpoint_seconds = 0;      ///< Seconds between two checkpoints; 0: they are counted by steps.
  std::int64_t validate_every = 0;    ///< Steps between two validations; 0: they are counted by epochs.
  double validate_epochs = 0;         ///< Epochs between two validations; 0: they are counted by steps.
  Epoch epoch;                        ///< Of the source that counts them.
  std::int64_t stop_after = 0;
  std::vector<std::string> keep;
  bool keeps_first = false;
  bool keeps_lowest = false;  ///< Of these metrics the lower value is the better one.
  double keeps_within = 0;    ///< How far below the best a later one may be that is kept instead.
  std::vector<int> then;

  /// Returns the first step after `steps_done` at whose end a validation is due: its period's next end, or the last step of the
  /// training, which has one too. Returns `steps` if nothing is validated.
  [[nodiscard]] std::int64_t next_validation(std::int64_t steps_done) const;
  [[nodiscard]] bool is_validation_due(std::int64_t steps_done) const {
    return validate >= 0 && steps_done > 0 && next_validation(steps_done - 1) == steps_done;
  }
};

/// The part of every batch that this process computes: of each source the slots `rank`, `rank + ranks`, … of the whole batch. A slot's
/// number in the whole batch keys its random numbers and names it in messages; its place in a ledger counts only the slots of this process.
/// `ranks` is 1 or more, `rank` from 0 to `ranks` - 1.
struct BatchShare {
  int rank = 0;
  int ranks = 1;

  [[nodiscard]] int slot_of(int place) const { return place * ranks + rank; }
  /// How many of the first `slots` slots of a batch are this process's.
  [[nodiscard]] int places_of(int slots) const { return slots > rank ? (slots - rank + ranks - 1) / ranks : 0; }
};

/// What `build` needs in addition to the graph.
struct ProgramSettings {
  std::uint64_t seed = 0;
  std::string device = "cpu";
  BatchShare share;
  EarlierRun earlier;  ///< For a run that goes on (`earlier_run`), or a prediction.
};

/// A graph that can run: nodes made and configured, edges typed, grains, rows and contracts solved, lanes and segments formed, memory
/// bounded. It has opened lists and headers of files, no pixels. One program makes one run. [setup]
class Program {
 public:
  /// All mistakes go into `diagnostics`, as many as can be told at once: also those of a graph whose description has mistakes, which then
  /// are in `diagnostics` already. A mistake is told once, and nothing that only follows from it. The program is usable only without
  /// errors. Throws std::invalid_argument for a share that there cannot be.
  [[nodiscard]] static Program build(const GraphDescription& graph, const Registry& registry, const ProgramSettings& settings,
                                     Diagnostics& diagnostics);
  Program(Program&&) = default;
  Program& operator=(Program&&) = default;

  std::string title;
  std::string resolved;    ///< The graph's text.
  std::string graph_hash;  ///< Of the resolved text, 16 hexadecimal digits.
  std::vector<ParamText> params;
  ProgramSettings settings;
  std::vector<ProgramResource> resources;  ///< What a resource uses stands before it.
  std::vector<std::string> warnings;       ///< What `build` warned of; a run keeps it with its own.
  std::vector<std::string> disclosures;    ///< Where figures come from, in sentences (`Opening::disclose`); a run keeps them.
  std::vector<ProgramPhase> phases;
  ProgramPlan plan;
  std::int64_t memory_bytes = 0;

  /// The most bytes that values in flight can take at one time.
  [[nodiscard]] std::int64_t bound_bytes() const;

 private:
  Program() = default;
};

}  // namespace leat
