#pragma once

#include <tbb/spin_mutex.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "run/ready_tasks.h"

namespace leat::run {

/// The ready tasks of one node. A token posted to oneTBB only says that a station has work. The worker that gets it runs the oldest task,
/// and then the next, so there are never more tokens than workers. An ordered station hands out one task at a time, in (step, slot) order.
/// If sizes of values are unknown, a limit can hold back tasks of younger steps. Holds its own spin lock for a few instructions; calls
/// nothing under it. [any thread]
class alignas(64) Station {
 public:
  /// Prepares the station. Tasks of steps from `limit` on are held back; null: none.
  void start(bool is_ordered, std::int64_t first_step, int workers, const std::atomic<std::int64_t>* limit) {
    is_ordered_ = is_ordered;
    workers_ = workers;
    limit_ = limit;
    tokens_ = 0;
    next_step_ = first_step;
    next_place_ = 0;
    is_busy_ = false;
    ready_.clear();
    waiting_ = 0;
  }
  [[nodiscard]] bool is_ordered() const { return is_ordered_; }

  /// Adds a task. Returns true if the caller must post a token.
  [[gnu::always_inline]] bool add(const ReadyTask& task) {
    const std::lock_guard guard(lock_);
    ready_.push(task);
    waiting_.store(waiting_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (is_ordered_) return claim();
    if (tokens_ >= workers_ || is_oldest_held()) return false;
    ++tokens_;
    return true;
  }
  /// Returns the number of tokens to post after the limit has risen.
  int release() {
    const std::lock_guard guard(lock_);
    if (is_ordered_) return claim() ? 1 : 0;
    if (ready_.empty() || is_oldest_held()) return 0;
    const int posted = std::clamp(static_cast<int>(ready_.size()), 0, workers_ - tokens_);
    tokens_ += posted;
    return posted;
  }
  [[nodiscard]] bool is_held(const ReadyTask& task) const { return limit_ && task.step >= limit_->load(std::memory_order_relaxed); }

  /// Takes the oldest task, for a worker that holds a token. If no task can run, returns false, and the token is spent. In an ordered
  /// station, the token is for a task that is claimed already.
  bool take(ReadyTask& task) {
    const std::lock_guard guard(lock_);
    if (ready_.empty() || (!is_ordered_ && is_oldest_held())) {
      --tokens_;
      return false;
    }
    waiting_.store(waiting_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    task = ready_.pop();
    return true;
  }
  /// Gives up a worker's token. Returns true if the caller must post it again, because tasks are left.
  bool leave() {
    const std::lock_guard guard(lock_);
    if (!ready_.empty() && !is_oldest_held()) return true;
    --tokens_;
    return false;
  }
  /// Exchanges a worker's next task for an older one that waits here. Not for ordered stations.
  void exchange(ReadyTask& task) {
    if (waiting_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard guard(lock_);
    if (ready_.empty() || task.is_before(ready_.top())) return;
    const ReadyTask older = ready_.pop();
    ready_.push(task);
    task = older;
  }
  /// Ends a task of an ordered station. `places` is the number of slots in its step. Returns true if the caller must post a token for the
  /// next task.
  bool done(const ReadyTask& task, int places) {
    const std::lock_guard guard(lock_);
    const bool is_last = task.place + 1 >= places;
    next_step_ = task.step + (is_last ? 1 : 0);
    next_place_ = is_last ? 0 : task.place + 1;
    is_busy_ = false;
    return claim();
  }

 private:
  bool is_oldest_held() const { return limit_ && is_held(ready_.top()); }
  bool claim() {
    if (is_busy_ || ready_.empty() || ready_.top().step != next_step_ || ready_.top().place != next_place_) return false;
    if (is_oldest_held()) return false;
    is_busy_ = true;
    return true;
  }

  tbb::spin_mutex lock_;
  ReadyTasks ready_;
  std::atomic<int> waiting_{0};  ///< Written with the lock; read without it where a stale value does no harm.
  const std::atomic<std::int64_t>* limit_ = nullptr;
  bool is_ordered_ = false;
  bool is_busy_ = false;
  int workers_ = 1;
  int tokens_ = 0;  ///< Number of tokens posted or held by workers. Not used in an ordered station.
  std::int64_t next_step_ = 0;
  int next_place_ = 0;
};

}  // namespace leat::run
