#pragma once

#include <cstdint>
#include <vector>

#include "leat/random.h"

namespace leat {

/// An endless stream of places in which the K classes take turns: draw d is of class d mod K, regardless of class sizes. Each class repeats
/// its own places, in a new keyed permutation each time or in order. [any thread]
class ClassTurns {
 public:
  /// Takes the places of each class. No class can be empty.
  explicit ClassTurns(std::vector<std::vector<std::int64_t>> places);

  /// Returns the place of a draw. `key` identifies the stream; its step and slot are not used.
  [[nodiscard]] std::int64_t operator()(const RandomKey& key, std::int64_t draw, bool is_shuffled) const;

 private:
  std::vector<std::vector<std::int64_t>> places_;
};

}  // namespace leat
