#pragma once

#include <atomic>
#include <cstdint>

namespace leat::run {

/// Wakes the thread of a run. A thread that changes something for which it waits rings after the change. Invariant: no ring is lost,
/// because the waiting thread reads the count, then looks, then waits for another count. [any thread]
class Bell {
 public:
  [[nodiscard]] std::uint32_t count() const { return rings_.load(std::memory_order_acquire); }
  void ring() {
    rings_.fetch_add(1);
    rings_.notify_all();
  }
  /// Returns when the count differs from `seen`.
  void wait(std::uint32_t seen) const { rings_.wait(seen, std::memory_order_acquire); }

 private:
  std::atomic<std::uint32_t> rings_{0};
};

}  // namespace leat::run
