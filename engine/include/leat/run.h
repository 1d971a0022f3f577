#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/checkpoint.h"
#include "leat/kept_calls.h"
#include "leat/node_error.h"
#include "leat/observer.h"
#include "leat/preview.h"
#include "leat/program.h"
#include "leat/ranks.h"
#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"

namespace leat {

/// For a measurement: nodes of the `cpu` lane that bring values to the device lane give the results of a phase's first steps again and
/// again. For one run.
struct ReplayedSteps {
  std::int64_t steps = 8;                           ///< Number of these first steps.
  std::int64_t from = 0;                            ///< From this step on, a call whose result is not there counts as missed.
  std::int64_t most_bytes = std::int64_t{2} << 30;  ///< Results that take more are not kept.
  std::atomic<std::int64_t> missed{0};
};

struct RunOptions {
  std::filesystem::path folder;        ///< The run's folder; empty if the run writes no files.
  bool resumes = false;                ///< Continues from the folder's last checkpoint, or begins if there is none.
  bool accepts_changed_graph = false;  ///< Resumes although the graph's text is not that of the checkpoint.
  std::int64_t stop_after_steps = 0;   ///< Steps of the first phase after which the run ends (`leat verify --steps`); 0: the whole plan.
  /// For a preview: runs only this step of the plan's single phase, and does not end the phase. Nullopt: the whole plan.
  std::optional<std::int64_t> only_step;
  int first_slots = 0;                ///< For a preview: the number of first slots that each source opens in its step; 0: all.
  KeptCalls* kept = nullptr;          ///< For a preview: results of calls that need not be repeated.
  ReplayedSteps* replayed = nullptr;  ///< For a measurement: values that are given again.
  bool keeps_checkpoints = true;      ///< False for a prediction, which has nothing to resume.
  /// The processes that share the run; null: there is one. The Program has the same share (`ProgramSettings::share`). All ranks see the
  /// run's folder, and rank 0 writes it. Rank 0 alone runs the validations and the phases after the training. Must outlive the run.
  Ranks* ranks = nullptr;
  /// Weights, indexed by resource, that a resource loads after it opens. A resumed run loads its checkpoint after them.
  std::map<std::string, Archive> weights;
  std::vector<std::pair<Observer*, Hears>> observers;  ///< Attached from the start. Each must outlive the run.
  /// For trials of nodes: returns true if a slot's sample is dropped, as if its source had called `frame.drop`. [parallel]
  std::function<bool(std::string_view phase, std::int64_t step, int slot)> drops;
  /// For trials of nodes: returns true if a dropped row repeats the next living row in this step, not the previous one. [parallel]
  std::function<bool(std::string_view phase, std::int64_t step)> repeats_next;
};

/// What a run's cache held at its end, and how often its values were used.
struct CacheUse {
  std::int64_t values = 0;
  std::int64_t bytes = 0;       ///< In memory.
  std::int64_t file_bytes = 0;  ///< In the file.
  std::int64_t found = 0;       ///< Number of values that were not computed again.
  std::int64_t missed = 0;      ///< Number of values that were computed.
  std::int64_t left_out = 0;    ///< Number of computed values that did not fit.
  std::int64_t since_step = 0;  ///< Training steps that the run had done when it was resumed. All is of the time since then.
};

using Metrics = std::map<std::string, double>;  ///< Indexed by `node.name`.

struct RunResult {
  /// The validation whose weights the plan's `keep` selected.
  struct Kept {
    std::string phase;
    std::int64_t step = 0;  ///< Training step.
    Metrics metrics;
  };

  bool was_interrupted = false;
  std::int64_t steps = 0;                          ///< Training steps done, including earlier parts of the run.
  double seconds = 0;                              ///< Duration, including earlier parts of the run.
  std::int64_t peak_bytes = 0;                     ///< Largest size of the values in flight; compare with Program::bound_bytes.
  int ranks = 1;                                   ///< Number of processes that computed the last training steps.
  std::map<std::string, Metrics> phases;           ///< Of the last occurrence of each phase.
  std::map<std::string, std::int64_t> weights_of;  ///< By phase that evaluates: the training step of its weights.
  std::optional<Kept> kept;
  std::optional<CacheUse> cache;  ///< If the plan has one. Of this part of a resumed run.
  std::vector<std::string> warnings;
  std::vector<std::string> disclosures;  ///< Where figures come from (`Opening::disclose`).
};

/// The current state of a run. Its parts are read one after another while the run continues.
struct RunNow {
  struct Phase {
    std::string_view name;
    std::int64_t steps_done = 0;
    std::int64_t steps_admitted = 0;   ///< Including those done.
    std::int64_t steps = 0;            ///< Total steps of the phase.
    std::size_t segments_waiting = 0;  ///< Segments that have all inputs and wait for the device lane.
  };
  std::vector<Phase> phases;       ///< Phases in progress.
  std::vector<RunningCall> calls;  ///< Bodies that are running.
  std::int64_t bytes = 0;          ///< Size of the values in flight.
  std::size_t files_waiting = 0;   ///< Tasks of the recorder, including the current one.
  std::string writing;             ///< `checkpoints/last` while the recorder writes it; otherwise empty.
  double writing_seconds = 0;
  bool is_paused = false;
};

/// Runs a Program's plan. `run` is called once; all other functions can be called from any thread while this object lives. It refers to the
/// Program, which must not move and is in one Run at a time. A later Run of the Program starts with its resources as they are. The folder
/// is locked while this object lives.
class Run {
 public:
  /// Throws std::invalid_argument for null pointers, and for weights of a resource that is not in the graph.
  Run(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options);
  ~Run();

  /// Runs the whole plan. Throws NodeError if a node or resource fails, std::runtime_error if an observer fails or a file cannot be
  /// written, std::logic_error if it is called again.
  [[nodiscard]] RunResult run();
  /// Lets the device lane finish its step and the run write a checkpoint; then `run` returns. [any thread]
  void stop();
  /// Takes a checkpoint at the next border. Throws Refusal if no training is in progress, or the run keeps no checkpoints. [any thread]
  void checkpoint();
  /// Admits no steps until `go_on`, which can be called first. Steps in flight are finished. [any thread]
  void pause();
  void go_on();  ///< [any thread]

  /// Reports these events to the observer from now on. Throws std::invalid_argument if it is attached already. Not from within a call to an
  /// observer; the same holds for the functions below except `now`. [any thread]
  void attach(Observer& observer, Hears hears);
  /// Detaches the observer. On return it is in no call, and gets no more events. [any thread]
  void detach(Observer& observer);
  /// Calls `take` once, with the next value of an output, on the thread that computed it. The value is on the host. Throws Refusal if there
  /// is no such output. Returns a number for `withdraw`. [any thread]
  std::uint64_t ask(std::string_view phase, std::string_view node, std::string_view port, std::function<void(const PutValue&)> take);
  /// Cancels a call of `ask`. On return `take` is not running, and is not called any more. [any thread]
  void withdraw(std::uint64_t question);
  /// Waits for a step of a phase that is admitted after this call, and returns the values of its first `slots` slots; 0: of all. The values
  /// are on the host. Returns nullopt if no such step with a value was done within `most`, or if `stop` is requested. Throws Refusal if
  /// there is no such output, or its values could not be kept. The run does not wait. Not from within a call to an observer. [any thread]
  [[nodiscard]] std::optional<CapturedStep> capture(std::string_view phase, const std::vector<OutputName>& outputs, int slots,
                                                    std::chrono::milliseconds most, std::stop_token stop = {});
  [[nodiscard]] RunNow now() const;  ///< [any thread]

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace leat
