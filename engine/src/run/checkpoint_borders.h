#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace leat::run {

/// Decides which borders get a checkpoint: after a number of steps, after a time, and where a stop asks for one. Invariant: nothing else
/// decides it. [any thread]
class CheckpointBorders {
 public:
  /// 0 switches off checkpoints by steps or by time.
  CheckpointBorders(std::int64_t every_steps, double every_seconds)
      : every_steps_(every_steps), every_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(every_seconds))) {}

  /// Asks for a checkpoint at the border after `steps_done` steps.
  void ask(std::int64_t steps_done) { asked_ = steps_done; }
  /// Asks for a checkpoint at the next border.
  void ask_next() { is_next_asked_ = true; }
  /// Returns true if the border gets a checkpoint. Called once per border, in order, before the next step changes anything.
  [[nodiscard]] bool is_due(std::int64_t steps_done) {
    const bool by_steps = every_steps_ > 0 && steps_done % every_steps_ == 0;
    const bool by_time = every_ > Clock::duration::zero() && Clock::now() - last_ >= every_;
    if (!is_next_asked_.exchange(false) && !by_steps && !by_time && asked_ != steps_done) return false;
    last_ = Clock::now();
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::int64_t every_steps_;
  Clock::duration every_;
  Clock::time_point last_ = Clock::now();  ///< Used by the one thread that calls `is_due`.
  std::atomic<std::int64_t> asked_{-1};
  std::atomic<bool> is_next_asked_{false};
};

}  // namespace leat::run
