#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/frame.h"
#include "run/checkpoint_borders.h"
#include "run/device_lane.h"
#include "run/layout.h"
#include "run/run_context.h"
#include "run/skipped_samples.h"
#include "run/state_history.h"
#include "run/steps_in_flight.h"
#include "run/workers.h"

namespace leat::run {

/// A step that is done, and what belongs into the checkpoint at its border, if there is one.
struct RetiredStep {
  std::int64_t step = 0;
  std::int64_t images = 0;
  std::vector<std::pair<std::string, double>> metrics;  ///< By `node.name`, in the order of nodes.
  bool has_border = false;
  std::map<std::string, Archive> resources;
  Archive states;
};

struct FlowOptions {
  std::int64_t occurrence = 0;
  std::int64_t first_step = 0;
  std::int64_t end_step = 0;                 ///< Steps admitted: [first_step, end_step).
  std::int64_t checkpoint_every = 0;         ///< Borders that get a checkpoint, in steps; 0: none but those asked for.
  double checkpoint_seconds = 0;             ///< The same by time.
  int first_station = 0;                     ///< The executor's station of node 0.
  std::function<void(RetiredStep)> retired;  ///< In step order. [any thread] One at a time.
};

/// One occurrence of a phase. The run's thread starts it, lets it go on to a step, and waits there; workers and the device lane run the
/// nodes. Steps are admitted, taken back in order, and their metrics read by one thread at a time: with a device lane the run's own,
/// because the lane's thread has other things to do; without one, the worker that finished the step, because to wake another thread costs
/// more than a step of small nodes. Has no lock of its own: each part says which lock it holds. Member functions are [one thread], the
/// run's, if they say nothing else.
class Flow {
 public:
  Flow(RunContext& context, ProgramPhase& phase, FlowOptions options);
  ~Flow();
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  /// The nodes' states as a checkpoint had them; before `start`.
  void load_states(const Archive& states) { states_.load(states); }
  void start();
  /// Lets steps before `limit` be done, and returns when they are retired, or the run failed or is cut off.
  void run_until(std::int64_t limit);
  /// From now on no step is admitted; the step that the lane is in becomes the last, and its border gets a checkpoint. [any thread]
  void cut_off();
  /// Returns when no worker and no segment is in this flow. No step can begin afterwards.
  void leave();
  /// Calls `finish` of all nodes, after the last step.
  [[nodiscard]] std::vector<std::pair<std::string, double>> finish();
  [[nodiscard]] std::int64_t steps_done() const { return steps_.retired(); }   ///< [any thread]
  [[nodiscard]] std::int64_t steps_admitted() const { return steps_.next(); }  ///< [any thread]

  // ---- For its parts, for Body and for Frame. [parallel] ----
  [[nodiscard]] RunContext& context() { return context_; }
  [[nodiscard]] const ProgramPhase& phase() const { return phase_; }
  [[nodiscard]] int phase_index() const { return phase_index_; }
  [[nodiscard]] const FrameKey& key() const { return key_; }  ///< Of no step and slot.
  [[nodiscard]] const Layout& layout() const { return layout_; }
  [[nodiscard]] StateHistory& states() { return states_; }
  [[nodiscard]] StepsInFlight& steps() { return steps_; }
  [[nodiscard]] SkippedSamples& skipped() { return skipped_; }
  [[nodiscard]] Workers& workers() { return workers_; }
  [[nodiscard]] DeviceLane& device_lane() { return device_lane_; }
  [[nodiscard]] const RandomKey& random_key(int node) const { return keys_[static_cast<std::size_t>(node)]; }
  [[nodiscard]] std::span<const float> ones(int count) const { return {ones_.data(), static_cast<std::size_t>(count)}; }
  /// The oldest step in flight is finished.
  void step_done() {
    if (has_lane()) context_.bell.ring();
    else look();
  }
  /// Steps from this one on are not wanted any more.
  [[nodiscard]] std::int64_t end_step() const { return end_step_.load(std::memory_order_relaxed); }
  /// The slot in the whole batch that a place in a ledger of this process has.
  [[nodiscard]] int slot_of(int place) const { return share_.slot_of(place); }

 private:
  [[nodiscard]] bool has_lane() const { return !phase_.segments.empty(); }
  [[nodiscard]] std::int64_t admission_end() const;
  [[nodiscard]] bool is_through() const;
  /// Takes back the steps that are finished, and admits others. A thread that finds another one here leaves it to that one, which looks
  /// again. [any thread]
  void look() noexcept;
  void admit();
  [[nodiscard]] std::vector<int> rows_of(std::int64_t step) const;
  void retire(Ledger& ledger);
  void log_step(std::int64_t step, record::EventKind kind);

  RunContext& context_;
  ProgramPhase& phase_;
  const FlowOptions options_;
  const int phase_index_;
  const BatchShare share_;
  const Layout layout_;
  const FrameKey key_;
  std::vector<RandomKey> keys_;  ///< By node.
  std::vector<float> ones_;
  std::vector<std::int64_t> lengths_;  ///< By origin: samples of a pass of its source.
  StateHistory states_;
  StepsInFlight steps_;
  CheckpointBorders borders_;
  SkippedSamples skipped_;
  Workers workers_;
  DeviceLane device_lane_;
  std::atomic<std::int64_t> end_step_;
  std::atomic<std::int64_t> limit_;
  alignas(64) std::atomic<int> looks_{0};  ///< Away from what each body reads. Asked for and not done; not 0: a thread is in `look`.
};

}  // namespace leat::run
