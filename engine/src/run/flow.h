#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/frame.h"
#include "leat/streams_samples.h"
#include "run/checkpoint_borders.h"
#include "run/device_lane.h"
#include "run/layout.h"
#include "run/recording.h"
#include "run/run_context.h"
#include "run/skipped_samples.h"
#include "run/state_history.h"
#include "run/steps_in_flight.h"
#include "run/workers.h"

namespace leat::run {

/// A finished step, and the data for the checkpoint at its border if there is one.
struct RetiredStep {
  std::int64_t step = 0;
  std::int64_t images = 0;
  std::vector<std::pair<std::string, double>> metrics;  ///< Pairs of `node.name` and value, in the order of nodes.
  bool is_recorded = false;
  bool has_border = false;
  std::map<std::string, Archive> resources;
  Archive states;
};

struct FlowOptions {
  std::int64_t occurrence = 0;
  std::int64_t first_step = 0;
  std::int64_t end_step = 0;                 ///< End of the range of steps: [first_step, end_step).
  std::int64_t checkpoint_every = 0;         ///< Steps between two checkpoints; 0: none by steps.
  double checkpoint_seconds = 0;             ///< Seconds between two checkpoints; 0: none by time.
  bool finishes_admitted = false;            ///< If it is cut off, all admitted steps are finished.
  int first_slots = 0;                       ///< Slots that each source opens at most in a step; 0: its batch.
  int first_station = 0;                     ///< Station of node 0 in the executor.
  RecordedValues* recorded = nullptr;        ///< Takes the values of steps that are recorded; null: none are.
  std::function<void(RetiredStep)> retired;  ///< Called in step order, one call at a time. [any thread]
};

/// One occurrence of a phase. The run's thread starts it, lets it run to a step, and waits. Workers and the device lane run the nodes. One
/// thread at a time admits steps, retires them in order, and reads their metrics. With a device lane that is the run's thread, because the
/// lane's thread must stay free. Without one it is the worker that finished the step, because waking another thread takes longer than a
/// step of small nodes. Has no lock of its own: each part says which lock it holds. Member functions without a tag belong to the run's
/// thread. [one thread]
class Flow {
 public:
  Flow(RunContext& context, ProgramPhase& phase, FlowOptions options);
  ~Flow();
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  /// Loads the nodes' states from a checkpoint. Call it before `start`.
  void load_states(const Archive& states) { states_.load(states); }
  void start();
  /// Runs the steps before `limit`. Returns when they are retired, or when the run failed or is cut off.
  void run_until(std::int64_t limit);
  /// Admits no further step. With a device lane, the step in progress there becomes the last. Without one, the last admitted step does. In
  /// a train phase the border of the last step gets a checkpoint. With `finishes_admitted`, all admitted steps are finished, and then the
  /// states of the nodes are those after `steps_done` steps. [any thread]
  void cut_off();
  void ask_checkpoint() { borders_.ask_next(); }  ///< At the next border. [any thread]
  /// Returns when no worker and no segment uses this flow. No step can begin afterwards.
  void leave();
  /// Calls `finish` of all nodes after the last step, and returns their metrics.
  [[nodiscard]] std::vector<std::pair<std::string, double>> finish();
  [[nodiscard]] std::int64_t steps_done() const { return steps_.retired(); }   ///< [any thread]
  [[nodiscard]] std::int64_t steps_admitted() const { return steps_.next(); }  ///< [any thread]

  // ---- For its parts, for Body and for Frame. [parallel] ----
  [[nodiscard]] RunContext& context() { return context_; }
  [[nodiscard]] const ProgramPhase& phase() const { return phase_; }
  [[nodiscard]] int phase_index() const { return phase_index_; }
  [[nodiscard]] const FrameKey& key() const { return key_; }  ///< Without step and slot.
  [[nodiscard]] const Layout& layout() const { return layout_; }
  [[nodiscard]] StateHistory& states() { return states_; }
  [[nodiscard]] StepsInFlight& steps() { return steps_; }
  [[nodiscard]] SkippedSamples& skipped() { return skipped_; }
  [[nodiscard]] Workers& workers() { return workers_; }
  [[nodiscard]] DeviceLane& device_lane() { return device_lane_; }
  [[nodiscard]] const RandomKey& random_key(int node) const { return keys_[static_cast<std::size_t>(node)]; }
  [[nodiscard]] std::span<const float> ones(int count) const { return {ones_.data(), static_cast<std::size_t>(count)}; }
  /// Called when the oldest step in flight is finished.
  void step_done() {
    if (has_lane()) context_.bell.ring();
    else look();
  }
  /// Returns the number of steps that the phase has, once its source has found its end; until then, and for sources of known length, the
  /// largest number. [any thread]
  [[nodiscard]] std::int64_t stream_end() const { return stream_end_.load(); }
  /// Returns the first step that is not to be done.
  [[nodiscard]] std::int64_t end_step() const { return end_step_.load(std::memory_order_relaxed); }
  /// Returns true if values of this step are recorded.
  [[nodiscard]] bool records(std::int64_t step) const {
    return options_.recorded && options_.recorded->is_due(phase_index_, step, options_.end_step);
  }
  void record(const PutValue& put) { options_.recorded->add(phase_index_, put); }
  /// Returns the slot in the whole batch for a place in a ledger of this process.
  [[nodiscard]] int slot_of(int place) const { return phase_.share.slot_of(place); }

 private:
  [[nodiscard]] bool has_lane() const { return !phase_.segments.empty(); }
  [[nodiscard]] std::int64_t admission_end() const;
  [[nodiscard]] bool is_through() const;
  /// Retires finished steps and admits others. If another thread is here already, that thread looks again, and this one returns.
  /// [any thread]
  void look() noexcept;
  void admit();
  [[nodiscard]] std::vector<int> rows_of(std::int64_t step) const;
  void start_stream();
  [[nodiscard]] std::optional<int> rows_of_stream(std::int64_t step);
  /// Returns the rows of the next step, or nullopt if it cannot be admitted: its samples have not arrived, or the data ended before it.
  [[nodiscard]] std::optional<std::vector<int>> next_rows(std::int64_t step);
  void lower_end(std::int64_t lowest);
  void plan_border(std::int64_t step);
  void retire(Ledger& ledger);
  void log_step(std::int64_t step, record::EventKind kind);

  RunContext& context_;
  ProgramPhase& phase_;
  const FlowOptions options_;
  const int phase_index_;
  const Layout layout_;
  const FrameKey key_;
  std::vector<RandomKey> keys_;  ///< Indexed by node.
  std::vector<float> ones_;
  std::vector<std::int64_t> lengths_;  ///< Indexed by origin: samples per epoch of its source. In a train phase all are 0.
  StateHistory states_;
  StepsInFlight steps_;
  CheckpointBorders borders_;
  std::chrono::steady_clock::time_point last_border_ = std::chrono::steady_clock::now();  ///< Used by the one thread that admits.
  SkippedSamples skipped_;
  Workers workers_;
  DeviceLane device_lane_;
  std::atomic<std::int64_t> end_step_;
  std::atomic<std::int64_t> limit_;
  std::atomic<bool> is_closing_{false};  ///< No further step is admitted.
  StreamsSamples* stream_ = nullptr;     ///< The source, if it finds its end during the run; null: its length is known.
  std::atomic<std::int64_t> stream_end_{std::numeric_limits<std::int64_t>::max()};
  /// Requested looks; not 0 while a thread is in `look`. On another cache line than the members that bodies read.
  alignas(64) std::atomic<int> looks_{0};
};

}  // namespace leat::run
