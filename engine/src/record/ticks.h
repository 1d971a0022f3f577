#pragma once

#include <chrono>
#include <cstdint>

namespace leat::record {

/// Returns the time of the steady clock in nanoseconds.
[[nodiscard]] inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The cheapest clock: the processor's counter if the kernel uses it as its clock, otherwise nanoseconds of the steady clock. [any thread]
class Ticks {
 public:
  Ticks();

  [[nodiscard]] std::int64_t now() const { return counts_cycles_ ? cycles() : now_ns(); }
  [[nodiscard]] std::int64_t start() const { return start_ticks_; }
  /// Returns the length of a tick in nanoseconds, measured from the construction until now.
  [[nodiscard]] double ns_per_tick() const;

 private:
  [[nodiscard]] static std::int64_t cycles() {
#if defined(__x86_64__)
    return static_cast<std::int64_t>(__builtin_ia32_rdtsc());
#else
    return now_ns();
#endif
  }

  bool counts_cycles_;
  std::int64_t start_ns_;
  std::int64_t start_ticks_;
};

}  // namespace leat::record
