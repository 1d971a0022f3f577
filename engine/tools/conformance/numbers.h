#pragma once

#include <string>
#include <vector>

#include "leat/value.h"

namespace leat::conformance {

/// Returns the numbers of a value in host memory, or those of its parts; empty if neither defines them.
[[nodiscard]] std::vector<Numbers> numbers_of(const Value& value);
/// Returns the same numbers as double.
[[nodiscard]] std::vector<double> doubles_of(const Numbers& numbers);

/// Returns the number of two sets of the same shape that differs most, if it differs by more than rounding; -1: none does, or the shapes
/// differ. Rounding is 1e-4 of the span of the numbers, a level of whole numbers, and more for an element type that is not listed.
[[nodiscard]] int most_different(const Numbers& one, const Numbers& other, Dtype stored);

}  // namespace leat::conformance
