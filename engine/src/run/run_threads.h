#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "record/event_log.h"

namespace leat::run {

/// The task that one thread is running. That thread writes it; any thread reads it. A reader reads `since` before and after the rest. If
/// both are the same and not 0, the rest belongs together; the memory orders ensure that.
class alignas(64) RunningNow {
 public:
  /// `place` is the slot's place in its ledger; -1 for a whole step.
  void begin(int phase, int node, std::int64_t step, int place, std::int64_t since) {
    since_.store(0, std::memory_order_relaxed);
    // One store instead of three, because this runs for every body.
    where_.store(static_cast<std::uint64_t>(static_cast<std::uint16_t>(phase)) << 48 |
                     static_cast<std::uint64_t>(static_cast<std::uint16_t>(node)) << 32 | static_cast<std::uint32_t>(place),
                 std::memory_order_release);
    step_.store(step, std::memory_order_release);
    since_.store(since, std::memory_order_release);
  }
  void end() { since_.store(0, std::memory_order_relaxed); }

  struct Snapshot {
    int phase = 0;
    int node = 0;
    std::int64_t step = 0;
    int place = -1;
    std::int64_t since = 0;  ///< By the clock of the caller of `begin`; 0 if nothing is running.
  };
  /// Returns the current task. If none is running, or if it changed during the read, `since` is 0 and the other members are undefined.
  [[nodiscard]] Snapshot read() const {
    Snapshot out;
    const std::int64_t since = since_.load(std::memory_order_acquire);
    const std::uint64_t where = where_.load(std::memory_order_acquire);
    out.phase = static_cast<int>(where >> 48);
    out.node = static_cast<int>(where >> 32 & 0xFFFF);
    out.place = static_cast<int>(static_cast<std::uint32_t>(where));
    out.step = step_.load(std::memory_order_acquire);
    if (since != 0 && since_.load(std::memory_order_acquire) == since) out.since = since;
    return out;
  }

 private:
  std::atomic<std::uint64_t> where_{0};
  std::atomic<std::int64_t> step_{0};
  std::atomic<std::int64_t> since_{0};
};

/// The data of one thread in one run.
struct ThreadPlace {
  RunningNow running;
  int thread_id = 0;                           ///< The kernel's number of the thread.
  std::atomic<bool> is_lane{false};            ///< The thread runs segments of the device lane.
  record::EventLog::ThreadLog* log = nullptr;  ///< Set when the thread logs for the first time.
};

/// The threads that run bodies of one run. Holds its lock when a thread enters that last worked for another run. [any thread]
class RunThreads {
 public:
  RunThreads();
  RunThreads(const RunThreads&) = delete;
  RunThreads& operator=(const RunThreads&) = delete;

  /// Returns the data of the calling thread.
  [[nodiscard]] ThreadPlace& mine();
  [[nodiscard]] std::vector<RunningNow::Snapshot> running() const;
  /// Calls `look` for each thread. `look` must not enter a thread.
  void for_each(const std::function<void(const ThreadPlace&)>& look) const;

 private:
  std::uint64_t id_;
  mutable std::mutex lock_;
  std::map<std::thread::id, std::unique_ptr<ThreadPlace>> threads_;
};

}  // namespace leat::run
