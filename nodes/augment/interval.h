#pragma once

#include <vector>

#include "leat/param.h"
#include "leat/random.h"

namespace leat {

/// Refuses a parameter that is not [low, high] with lowest <= low <= high <= highest.
void check_interval(const Param<std::vector<double>>& interval, double lowest, double highest);
void check_interval(const Param<std::vector<int>>& interval, int lowest, int highest);

/// A number of an interval, uniformly; of whole numbers with both ends.
[[nodiscard]] inline double draw(Random& random, const std::vector<double>& interval) { return random.uniform(interval[0], interval[1]); }
[[nodiscard]] inline int draw(Random& random, const std::vector<int>& interval) {
  return static_cast<int>(random.between(interval[0], interval[1]));
}

}  // namespace leat
