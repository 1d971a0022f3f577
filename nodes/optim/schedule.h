#pragma once

#include <cstdint>

namespace leat {

/// A schedule of the learning rate.
struct Schedule {
  enum class Kind { Constant, Steps, Cosine };
  Kind kind = Kind::Constant;
  std::int64_t warm_up = 0;  ///< Number of steps in which the rate rises linearly; the first has 1 / warm_up of it.
  std::int64_t every = 0;    ///< For Steps: interval in steps.
  double factor = 0.1;       ///< For Steps: factor per interval.
};

/// Returns the factor of the learning rate at `step` = 0, 1, … of `steps`. It is min(1, (step + 1) / warm_up) times 1,
/// factor^⌊step / every⌋ or ½ (1 + cos(π step / steps)). The cosine reaches 0 one step after the last.
[[nodiscard]] double rate_factor(const Schedule& schedule, std::int64_t step, std::int64_t steps);

}  // namespace leat
