#pragma once

#include <cstdint>
#include <map>

namespace leat::report {

/// A union of intervals of whole numbers, which come in any order; what lies behind a watermark can be measured and forgotten.
class IntervalUnion {
 public:
  /// [begin, end); nothing if that is empty.
  void add(std::int64_t begin, std::int64_t end);
  /// Forgets what lies before `watermark`. Returns how long that was.
  std::int64_t settle(std::int64_t watermark);
  [[nodiscard]] bool contains(std::int64_t number) const;
  [[nodiscard]] bool is_empty() const { return parts_.empty(); }

 private:
  std::map<std::int64_t, std::int64_t> parts_;  ///< From begin to end: apart from each other.
};

}  // namespace leat::report
