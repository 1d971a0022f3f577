#pragma once

#include <cstdint>

namespace leat {

/// How a learning rate changes from step to step.
struct Schedule {
  enum class Kind { Constant, Steps, Cosine };
  Kind kind = Kind::Constant;
  std::int64_t warm_up = 0;  ///< Steps over which it rises linearly, the first at 1 / warm_up.
  std::int64_t every = 0;    ///< Steps: after so many ...
  double factor = 0.1;       ///< ... it is multiplied with this.
};

/// What the learning rate of step 0, 1, … of `steps` is multiplied with: min(1, (step + 1) / warm_up) times 1, factor^⌊step / every⌋, or
/// ½ (1 + cos(π step / steps)), which reaches 0 after the last step.
[[nodiscard]] double rate_factor(const Schedule& schedule, std::int64_t step, std::int64_t steps);

}  // namespace leat
