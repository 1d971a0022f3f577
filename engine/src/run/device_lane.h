#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "run/checkpoint_borders.h"
#include "run/layout.h"
#include "run/ledger.h"
#include "run/run_context.h"
#include "run/segment_queue.h"
#include "run/whole_step.h"

namespace leat::run {

class Flow;
struct Chain;

/// The segments of one flow on the device lane. The thread that makes a segment ready submits it, so no worker needs to be free. The lane's
/// thread runs the segment, and copies the data for a checkpoint at the step's border before the next step begins. The values of a segment
/// are published when the device has computed them; if the lane is asynchronous, the next segments run meanwhile. Metrics, retirement and
/// writing happen on other threads.
class DeviceLane {
 public:
  DeviceLane(Flow& flow, CheckpointBorders& borders, std::int64_t first_step);

  /// Adds a segment that has all its inputs. [any thread]
  void add(const ReadyTask& segment);
  /// Lets the lane run steps before `limit`. [any thread]
  void allow(std::int64_t limit) {
    was_held_ = true;
    submit(queue_.allow(limit));
  }
  /// Lets no further step begin. Returns the total number of steps that will be done. [any thread]
  [[nodiscard]] std::int64_t cut_off() { return queue_.cut_off(); }
  [[nodiscard]] std::size_t waiting() const { return queue_.waiting(); }
  /// With several ranks: writes the times of the last steps to the event log. Returns a sentence on a rank for which the others wait; empty
  /// if there is none. Only while no segment runs.
  [[nodiscard]] std::string end_ranks();
  /// Does work that reads values of an ended step. [any thread]
  void read(const std::function<void()>& work);

 private:
  /// A segment that was given to the device.
  struct Given {
    ReadyTask segment;
    std::vector<std::pair<std::size_t, Value>> leaving;  ///< As in Chain.
    std::int64_t since = 0, begin = 0, end = 0;          ///< Of the last node that was logged, in ticks.
    bool has_run = false;                                ///< As well.
  };

  void submit(const std::optional<ReadyTask>& segment);
  void run(const ReadyTask& segment) noexcept;  ///< On the lane's thread, as the next functions. [one thread]
  void run_nodes(Given& given, Chain& chain);
  /// Runs a node on the rows of all ranks.
  bool run_on_all_rows(int index, const ReadyTask& task, Chain& chain);
  /// Ranks agree whether this step is the last, and tell each other how long they took for the one before.
  void begin_step_of_ranks(const ReadyTask& segment);
  void add_times(std::int64_t begin, std::int64_t waited_before);
  /// Writes to the event log how long each rank took since the last note.
  void note_ranks();
  /// Logs nodes that ran together. Each has a part of the time, in proportion to its rows.
  void log_calls(Given& given, std::span<const int> nodes, std::int64_t begin, std::int64_t end);
  /// Returns why the steps of a segment can differ in what they give the device, as a clause; empty if they cannot.
  [[nodiscard]] std::string why_unequal(const Segment& segment) const;
  [[nodiscard]] SegmentWork work_of(const ReadyTask& task);
  [[nodiscard]] bool is_regular(const ReadyTask& task) const;
  /// Keeps what is read after the segment from changing: states, and values for later segments.
  void keep_results(const ReadyTask& task, Chain& chain);
  void upload_inputs(const Segment& segment, Ledger& ledger);
  void add_leaving(const ProgramNode& node, const Ledger& ledger, Chain& chain);
  /// Stores the values that leave a segment, and publishes them. Called when the device has computed them. [one thread]
  void end(const Given& given, const std::exception_ptr& error) noexcept;
  void log_end(const Given& given);
  /// Throws the current exception with the steps that can have caused it, if it is a fault of an asynchronous device; else as it is.
  [[noreturn]] void throw_named() const;

  Flow& flow_;
  RunContext& context_;
  const ProgramPhase& phase_;
  const Layout& layout_;
  CheckpointBorders& borders_;
  std::unique_ptr<WholeStep> whole_;  ///< Null if one process computes the phase.
  /// With several ranks: times of this one since the begin of the step, and of all since the begin of the phase and since the last note.
  RankTimes own_times_;
  std::atomic<bool> was_held_{false};  ///< The lane has waited for its limit, not for values.
  std::int64_t idle_since_ = 0;        ///< In ticks.
  int pauses_ = 0;                     ///< Of the run, until `idle_since_`.
  RankSkew skew_, recent_skew_;
  std::int64_t noted_at_ = 0;  ///< In ticks.
  SegmentQueue queue_;
  const std::int64_t first_step_;
  /// Indexed by segment. A step of a segment that cannot repeat itself, or the first one of a segment with states, is not regular.
  std::vector<bool> can_repeat_, has_states_, has_run_;
  std::atomic<std::int64_t> given_{0}, ended_{0};  ///< Numbers of segments.
  std::int64_t device_end_ = 0;                    ///< Of the last ended segment, in ticks. [one thread]
};

/// Adds the saved state of each resource to `saved`, for a checkpoint. Throws NodeError.
void save_resources(const Program& program, std::map<std::string, Archive>& saved);

}  // namespace leat::run
