#pragma once

#include <cstdint>
#include <vector>

#include "leat/random.h"

namespace leat {

/// An endless stream of places in which the classes take turns: draw d is of class d mod K, whatever the classes' sizes. Each class goes
/// through its own places, in a new keyed permutation each time, or in order. [any thread]
class ClassTurns {
 public:
  /// The places of each class; none may be empty.
  explicit ClassTurns(std::vector<std::vector<std::int64_t>> places);

  /// `key` says who draws; its step and slot are not used.
  [[nodiscard]] std::int64_t operator()(const RandomKey& key, std::int64_t draw, bool is_shuffled) const;

 private:
  std::vector<std::vector<std::int64_t>> places_;
};

}  // namespace leat
