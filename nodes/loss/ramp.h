#pragma once

#include <algorithm>
#include <cstdint>

namespace leat {

/// Returns a weight that rises linearly from 0 at step 0 to 1 after the first `fraction` of `steps`, and then stays 1.
[[nodiscard]] inline double ramp(double fraction, std::int64_t step, std::int64_t steps) {
  const double length = fraction * static_cast<double>(steps);
  return length > 0 ? std::min(1.0, static_cast<double>(step) / length) : 1.0;
}

}  // namespace leat
