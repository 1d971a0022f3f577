#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/program.h"
#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"

namespace leat {

/// What failed while a graph ran: one node, one sample, one cause. The phase was cancelled and drained before this is thrown.
class NodeError : public std::runtime_error {
 public:
  NodeError(std::string node, std::string type, Place place, std::string where, std::string cause);

  std::string node;
  std::string type;
  Place place;
  std::string where;  ///< "step 12, slot 3, sample `normal/a.jpg`"
  std::string cause;
};

/// What is known of a run while it goes on. Given at the end of each step, in order.
struct Progress {
  std::string phase;
  PhaseKind kind = PhaseKind::Train;
  std::int64_t step = 0;                  ///< Steps done.
  std::int64_t steps = 0;                 ///< Of so many.
  std::int64_t images = 0;                ///< Slots of this step, all sources.
  std::map<std::string, double> metrics;  ///< `node.name`
};

/// One value that a node put, while nobody has taken it yet.
struct Tapped {
  std::string_view phase;
  std::string_view node;
  std::string_view port;
  std::int64_t step;
  int slot;  ///< -1: of a whole step.
  const Value& value;
  const Contract& promised;  ///< What the Program says of it.
};

/// One call of a node's `process`.
struct WatchedCall {
  std::string_view phase;
  std::string_view node;
  std::string_view type;
  std::int64_t step;
  int slot;                          ///< -1: of a whole step.
  std::vector<const Value*> inputs;  ///< What it can read.
};

/// Looks into a run from where its nodes work. [parallel], each pair of calls on one thread
class Watch {
 public:
  virtual ~Watch() = default;
  virtual void begins(const WatchedCall&) {}
  /// Not called where `process` throws.
  virtual void ends(const WatchedCall&) {}
  /// The node has asked its frame for something; what this throws comes out of that.
  virtual void asked() {}
};

struct RunOptions {
  std::filesystem::path folder;                     ///< The run's folder; empty: nothing is kept.
  bool resumes = false;                             ///< Goes on from the folder's last checkpoint, or begins where there is none.
  bool accepts_changed_graph = false;               ///< Resumes although the graph's text is not what the checkpoint was made with.
  std::int64_t stop_after_steps = 0;                ///< Of the first phase, then ends the run (`leat verify --steps`); 0: the whole plan.
  bool keeps_checkpoints = true;                    ///< A prediction changes nothing that one would go on from.
  std::map<std::string, Archive> weights;           ///< What resources load after they opened, by name; those of a resumed run come after.
  std::function<void(const Progress&)> progress;    ///< [worker]
  std::function<void(const std::string&)> message;  ///< Warnings and events, a sentence each. [any thread, one at a time]
  std::function<void(const Tapped&)> tap;           ///< [parallel]
  Watch* watch = nullptr;                           ///< Outlives the run; null: nobody.
};

using Metrics = std::map<std::string, double>;  ///< `node.name`

struct RunResult {
  bool was_interrupted = false;
  std::int64_t steps = 0;       ///< Training steps done in all.
  double seconds = 0;           ///< Of this and, after resuming, of earlier parts.
  std::int64_t peak_bytes = 0;  ///< Values in flight, as counted against Program::bound_bytes.
  std::map<std::string, Metrics> phases;
  std::vector<std::string> warnings;
};

/// Runs a Program's plan. `run` is called once; `stop` may come from any thread.
class Run {
 public:
  Run(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options);
  ~Run();

  /// The whole plan; throws NodeError, or std::runtime_error when files cannot be written.
  [[nodiscard]] RunResult run();
  /// Finishes the step that the device is in, writes a checkpoint and makes `run` return. [any thread]
  void stop();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

/// What the last checkpoint in a run's folder says of itself.
struct CheckpointSummary {
  std::string graph_hash;
  std::string device;
  std::uint64_t seed = 0;
  std::int64_t steps = 0;
  double seconds = 0;
  bool is_trained = false;
};
[[nodiscard]] std::optional<CheckpointSummary> last_checkpoint(const std::filesystem::path& run_folder);

/// The resources that a run's checkpoint keeps, by name.
struct KeptWeights {
  std::map<std::string, Archive> resources;
  std::int64_t steps = 0;  ///< Of training, done.
  bool is_best = false;    ///< The best by validation, else the last.
};
/// Of checkpoints/best, unless the last are wanted, else of checkpoints/last; nothing where a run has neither. Throws std::runtime_error on
/// one that cannot be read.
[[nodiscard]] std::optional<KeptWeights> kept_weights(const std::filesystem::path& run_folder, bool wants_last = false);

}  // namespace leat
