#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/checkpoint.h"
#include "leat/node_error.h"
#include "leat/observer.h"
#include "leat/program.h"
#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"

namespace leat {

struct RunOptions {
  std::filesystem::path folder;        ///< The run's folder; empty: nothing is kept.
  bool resumes = false;                ///< Continues from the folder's last checkpoint, or begins if there is none.
  bool accepts_changed_graph = false;  ///< Resumes although the graph's text is not what the checkpoint was made with.
  std::int64_t stop_after_steps = 0;   ///< Ends the run after so many steps of the first phase (`leat verify --steps`); 0: the whole plan.
  bool keeps_checkpoints = true;       ///< A prediction changes nothing that a run could continue from.
  std::map<std::string, Archive>
      weights;  ///< By resource of the graph: what it loads after it opened; the weights of a resumed run come after.
  std::vector<std::pair<Observer*, Hears>> observers;  ///< Attached from the start; each outlives the run.
  /// For trials of nodes: whether a slot's sample is dropped as if its source had called `frame.drop`. [parallel]
  std::function<bool(std::string_view phase, std::int64_t step, int slot)> drops;
  /// For trials of nodes: whether a dropped sample's row repeats the next living row in this step, not the one before it. [parallel]
  std::function<bool(std::string_view phase, std::int64_t step)> repeats_next;
};

using Metrics = std::map<std::string, double>;  ///< By `node.name`.

struct RunResult {
  bool was_interrupted = false;
  std::int64_t steps = 0;       ///< Training steps done in all.
  double seconds = 0;           ///< Of this and, after resuming, of earlier parts.
  std::int64_t peak_bytes = 0;  ///< The most that values in flight took, as counted against Program::bound_bytes.
  std::map<std::string, Metrics> phases;
  std::vector<std::string> warnings;
  std::vector<std::string> disclosures;  ///< Where figures come from (`Opening::disclose`).
};

/// What a run does at this moment. Its parts are read one after another while the run goes on.
struct RunNow {
  struct Phase {
    std::string_view name;
    std::int64_t steps_done = 0;
    std::int64_t steps_admitted = 0;   ///< Those done among them.
    std::int64_t steps = 0;            ///< Of the phase in all.
    std::size_t segments_waiting = 0;  ///< Have all inputs, and wait for the device lane.
  };
  std::vector<Phase> phases;       ///< Those that have begun and are not through.
  std::vector<RunningCall> calls;  ///< Bodies that run.
  std::int64_t bytes = 0;          ///< Of the values in flight.
  std::size_t files_waiting = 0;   ///< Pieces of writing that wait for the recorder, the one that it does among them.
  std::string writing;             ///< `checkpoints/last` while the recorder writes that; else empty.
  double writing_seconds = 0;
};

/// Runs a Program's plan. `run` is called once; all else may come from any thread while this object lives. It keeps a reference to the
/// Program, which stays where it is and is in one Run at a time; another Run of it goes on with its resources as this one leaves them. The
/// folder is locked while this object lives.
class Run {
 public:
  /// Throws std::invalid_argument for null pointers and for weights of a resource that the graph does not have.
  Run(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options);
  ~Run();

  /// The whole plan. Throws NodeError if a node or resource fails, std::runtime_error if an observer fails or a file cannot be written,
  /// std::logic_error if it is called again.
  [[nodiscard]] RunResult run();
  /// Finishes the step that the device is in, writes a checkpoint and makes `run` return. [any thread]
  void stop();

  /// From now on the observer hears of these things. Throws std::invalid_argument if it is attached already. [any thread] Not from within a
  /// call to an observer, as all below but `now`.
  void attach(Observer& observer, Hears hears);
  /// When it returns, the observer is in no call and hears of nothing more. [any thread]
  void detach(Observer& observer);
  /// Gives `take` the next value of an output, once, on the thread that computed it; the value is on the host. Throws Refusal if there is
  /// no such output. Returns a number for `withdraw`. [any thread]
  std::uint64_t ask(std::string_view phase, std::string_view node, std::string_view port, std::function<void(const PutValue&)> take);
  /// When it returns, the question is forgotten and `take` does not run. [any thread]
  void withdraw(std::uint64_t question);
  [[nodiscard]] RunNow now() const;  ///< [any thread]

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace leat
