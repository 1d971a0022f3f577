#include "conformance/near.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace leat::conformance {

bool is_same(double one, double other) { return std::bit_cast<std::uint64_t>(one) == std::bit_cast<std::uint64_t>(other); }

bool is_near(double one, double other) {
  constexpr double relative = 1e-3, absolute = 1e-6;
  return is_same(one, other) || (std::isnan(one) && std::isnan(other)) ||
         std::abs(one - other) <= absolute + relative * std::max(std::abs(one), std::abs(other));
}

}  // namespace leat::conformance
