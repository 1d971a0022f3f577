#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "record/event_log.h"

namespace leat::run {

/// What one thread runs at this moment: written by that thread, read by any. A reader takes `since` before and after the rest; if it is the
/// same and not 0, the rest belongs together. The orders of memory see to that.
class alignas(64) RunningNow {
 public:
  void begin(int phase, int node, std::int64_t step, int slot, std::int64_t since) {
    since_.store(0, std::memory_order_relaxed);
    node_.store(static_cast<std::uint64_t>(static_cast<std::uint32_t>(phase)) << 32 | static_cast<std::uint32_t>(node),
                std::memory_order_release);
    step_.store(static_cast<std::uint64_t>(step) << 32 | static_cast<std::uint32_t>(slot), std::memory_order_release);
    since_.store(since, std::memory_order_release);
  }
  void end() { since_.store(0, std::memory_order_relaxed); }

  struct Snapshot {
    int phase = 0;
    int node = 0;
    std::int64_t step = 0;
    int slot = -1;
    std::int64_t since = 0;  ///< In the clock of whoever called `begin`; 0: nothing runs.
  };
  /// Nothing runs, or it changed while it was read: `since` is 0.
  [[nodiscard]] Snapshot read() const {
    Snapshot out;
    const std::int64_t since = since_.load(std::memory_order_acquire);
    const std::uint64_t node = node_.load(std::memory_order_acquire), step = step_.load(std::memory_order_acquire);
    if (since == 0 || since_.load(std::memory_order_acquire) != since) return out;
    out.phase = static_cast<int>(node >> 32);
    out.node = static_cast<int>(static_cast<std::uint32_t>(node));
    out.step = static_cast<std::int64_t>(step >> 32);
    out.slot = static_cast<int>(static_cast<std::uint32_t>(step));
    out.since = since;
    return out;
  }

 private:
  std::atomic<std::uint64_t> node_{0};  ///< Phase, node.
  std::atomic<std::uint64_t> step_{0};  ///< The step's lower 32 bits, slot.
  std::atomic<std::int64_t> since_{0};
};

/// The threads that run bodies of one run. Holds its lock when a thread comes for the first time. [any thread]
class RunThreads {
 public:
  RunThreads();
  RunThreads(const RunThreads&) = delete;
  RunThreads& operator=(const RunThreads&) = delete;

  /// The calling thread's own.
  [[nodiscard]] RunningNow& mine();
  [[nodiscard]] std::vector<RunningNow::Snapshot> running() const;

 private:
  std::uint64_t id_;
  mutable std::mutex lock_;
  std::vector<std::unique_ptr<RunningNow>> threads_;
};

}  // namespace leat::run
