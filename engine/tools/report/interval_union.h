#pragma once

#include <cstdint>
#include <map>

namespace leat::report {

/// A union of intervals of whole numbers, added in any order. The part before a watermark can be measured and removed.
class IntervalUnion {
 public:
  /// Adds [begin, end). Does nothing if it is empty.
  void add(std::int64_t begin, std::int64_t end);
  /// Removes the part before `watermark`. Returns its length.
  std::int64_t settle(std::int64_t watermark);
  [[nodiscard]] bool contains(std::int64_t number) const;
  [[nodiscard]] bool is_empty() const { return parts_.empty(); }

 private:
  std::map<std::int64_t, std::int64_t> parts_;  ///< Begin to end. Invariant: the parts are disjoint.
};

}  // namespace leat::report
