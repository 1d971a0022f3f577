#pragma once

#include <atomic>
#include <cstdint>

namespace leat::run {

/// What the thread of a run waits on. Whoever changes something that it waits for rings after the change. The waiting thread reads the
/// count, then looks, then waits for another count, so that no ring is lost. [any thread]
class Bell {
 public:
  [[nodiscard]] std::uint32_t count() const { return rings_.load(std::memory_order_acquire); }
  void ring() {
    rings_.fetch_add(1);
    rings_.notify_all();
  }
  /// Returns when the count is another one.
  void wait(std::uint32_t seen) const { rings_.wait(seen, std::memory_order_acquire); }

 private:
  std::atomic<std::uint32_t> rings_{0};
};

}  // namespace leat::run
