#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace leat::run {

/// Decides which borders of steps get a checkpoint: every so many steps, after so much time, and where a stop is asked for. The only place
/// that decides it. [any thread]
class CheckpointBorders {
 public:
  /// 0: not by steps; 0: not by time.
  CheckpointBorders(std::int64_t every_steps, double every_seconds)
      : every_steps_(every_steps), every_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(every_seconds))) {}

  /// The border after `steps_done` steps gets one, too.
  void ask(std::int64_t steps_done) { asked_ = steps_done; }
  /// Asked once for each border, in order, before the next step changes anything.
  [[nodiscard]] bool is_due(std::int64_t steps_done) {
    const bool by_steps = every_steps_ > 0 && steps_done % every_steps_ == 0;
    const bool by_time = every_ > Clock::duration::zero() && Clock::now() - last_ >= every_;
    if (!by_steps && !by_time && asked_ != steps_done) return false;
    last_ = Clock::now();
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::int64_t every_steps_;
  Clock::duration every_;
  Clock::time_point last_ = Clock::now();  ///< By the one thread that asks `is_due`.
  std::atomic<std::int64_t> asked_{-1};
};

}  // namespace leat::run
