#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>

#include "run/ready_tasks.h"

namespace leat::run {

/// The segments of one flow on the device lane: one at a time, in (step, segment) order, up to a limit. A segment is claimed
/// by one of three threads: the one that made it ready, the one that ran the segment before it, or the one that raised the limit. That
/// thread then submits it. Holds its lock for a few instructions; calls nothing under it. [any thread]
class SegmentQueue {
 public:
  SegmentQueue(int segments, std::int64_t first_step) : segments_(segments), limit_(first_step), step_(first_step) {}

  /// Adds a segment that has all its inputs. Returns the segment to submit; nullopt if there is none.
  [[nodiscard]] std::optional<ReadyTask> add(const ReadyTask& task) {
    const std::lock_guard guard(lock_);
    ready_.push(task);
    return claim();
  }
  /// Lets the lane run steps before `limit`. Returns the segment to submit; nullopt if there is none.
  [[nodiscard]] std::optional<ReadyTask> allow(std::int64_t limit) {
    const std::lock_guard guard(lock_);
    limit_ = std::min(limit, end_);
    return claim();
  }
  /// Ends the claimed segment. The next one cannot be claimed before `go_on`, so that a border can be saved in between.
  void ran(const ReadyTask& task) {
    const std::lock_guard guard(lock_);
    is_running_ = false;
    is_between_ = true;
    const bool is_last = task.place + 1 == segments_;
    step_ = task.step + (is_last ? 1 : 0);
    segment_ = is_last ? 0 : task.place + 1;
  }
  /// Returns the segment to submit; nullopt if there is none.
  [[nodiscard]] std::optional<ReadyTask> go_on() {
    const std::lock_guard guard(lock_);
    is_between_ = false;
    return claim();
  }
  /// Lets no further step begin. Returns the total number of steps that will be done, including the step in progress.
  [[nodiscard]] std::int64_t cut_off() {
    const std::lock_guard guard(lock_);
    end_ = std::min(end_, step_ + (is_running_ || segment_ > 0 ? 1 : 0));
    limit_ = std::min(limit_, end_);
    return end_;
  }
  [[nodiscard]] std::size_t waiting() const {
    const std::lock_guard guard(lock_);
    return ready_.size();
  }

 private:
  std::optional<ReadyTask> claim() {
    if (is_running_ || is_between_ || ready_.empty()) return {};
    const ReadyTask& oldest = ready_.top();
    if (oldest.step != step_ || oldest.place != segment_ || oldest.step >= limit_) return {};
    is_running_ = true;
    return ready_.pop();
  }

  mutable std::mutex lock_;
  const int segments_;
  ReadyTasks ready_;
  std::int64_t limit_;
  std::int64_t end_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t step_;  ///< With `segment_`: the next segment, or the one that is running.
  int segment_ = 0;
  bool is_running_ = false;
  bool is_between_ = false;
};

}  // namespace leat::run
