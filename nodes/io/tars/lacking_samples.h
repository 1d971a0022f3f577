#pragma once

#include <cstdint>
#include <string>

#include "io/split/entry.h"

namespace leat {

/// Samples that lack something, for a warning.
class LackingSamples {
 public:
  /// Counts a sample. `id` returns its id, and is called for the first.
  template <class Id>
  void add(Id id) {
    if (count_++ == 0) first_ = id();
  }
  /// Returns "1 of 3 samples has WHAT; the first is `a/b`"; empty: there are none.
  [[nodiscard]] std::string words(std::int64_t all, const std::string& what) const {
    if (count_ == 0) return {};
    return some_of(static_cast<std::size_t>(count_), static_cast<std::size_t>(all), "sample") + (count_ == 1 ? " has " : " have ") + what +
           "; the first is `" + first_ + "`";
  }

 private:
  std::int64_t count_ = 0;
  std::string first_;
};

}  // namespace leat
