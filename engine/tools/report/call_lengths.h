#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "leat/live_activity.h"
#include "report/held_time.h"

namespace leat::report {

/// Counts lengths by their logarithm. Classes are 2 % wide.
class LengthCounts {
 public:
  void add(std::int64_t ns);
  /// Returns a quantile in seconds; NaN without lengths.
  [[nodiscard]] double quantile(double share) const;

 private:
  static constexpr int per_octave = 32, octaves = 48;
  std::vector<std::int64_t> counts_;
  std::int64_t all_ = 0;
  std::size_t lowest_ = octaves * per_octave - 1;  ///< Place of the lowest count.
};

/// Lengths of the calls of a node, in ns.
struct NodeLengths {
  struct Call {
    std::int64_t begin;
    std::int64_t busy;
  };
  std::deque<Call> recent;
  LengthCounts all;
  std::int64_t last_end = -1;  ///< -1: no call.

  /// Returns the lengths of recent calls. `begin` has no pauses in it, unlike the times of the calls. NaN without calls.
  [[nodiscard]] CallLengths since(std::int64_t begin, const HeldTime& held) const;
};

}  // namespace leat::report
