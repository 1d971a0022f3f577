#pragma once

#include <cstdint>

namespace leat {

// Loops over one row of squares of 2 x 2 values, compiled for several processors. All have the same bits. [any thread]

/// Writes the largest value of each square and its place: 0 and 1 in the upper row, 2 and 3 in the lower row. A NaN is larger than any
/// number.
void pool_row(const float* upper, const float* lower, float* largest, std::uint8_t* place, std::int64_t count);
/// Writes the gradient of each square to the place of its largest value, and 0 to the others.
void unpool_row(const float* gradient, const std::uint8_t* place, float* upper, float* lower, std::int64_t count);

}  // namespace leat
