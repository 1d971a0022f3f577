#pragma once

#include <vector>

#include "leat/param.h"
#include "leat/random.h"

namespace leat {

/// Throws Refusal if the parameter is not [low, high] with lowest <= low <= high <= highest.
void check_interval(const Param<std::vector<double>>& interval, double lowest, double highest);
void check_interval(const Param<std::vector<int>>& interval, int lowest, int highest);

/// Returns a uniform random number of the interval. An interval of integers includes both ends.
[[nodiscard]] inline double draw(Random& random, const std::vector<double>& interval) { return random.uniform(interval[0], interval[1]); }
[[nodiscard]] inline int draw(Random& random, const std::vector<int>& interval) {
  return static_cast<int>(random.between(interval[0], interval[1]));
}

}  // namespace leat
