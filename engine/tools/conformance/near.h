#pragma once

namespace leat::conformance {

/// Returns true if the bits are equal, so that NaN can equal NaN.
[[nodiscard]] bool is_same(double one, double other);
/// Returns true if the numbers can be sums of the same numbers in different orders.
[[nodiscard]] bool is_near(double one, double other);

}  // namespace leat::conformance
