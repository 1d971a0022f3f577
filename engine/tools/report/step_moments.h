#pragma once

#include <cstdint>
#include <vector>

#include "leat/live_activity.h"

namespace leat::report {

/// The moments of one phase's steps. If there are too many, every other one is dropped.
struct StepMoments {
  std::vector<StepMoment> kept;
  StepMoment last;  ///< The newest, which is perhaps not among `kept`.
  std::int64_t stride = 1, seen = 0;

  /// Steps that are done again are left out. Threads write in rounds, so a step can come after later ones.
  void add(StepMoment moment);
  /// A resumed run does these steps again.
  void forget_after(std::int64_t step);
};

}  // namespace leat::report
