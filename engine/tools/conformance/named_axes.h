#pragma once

#include <string>
#include <vector>

#include "conformance/orders.h"
#include "leat/contract.h"

// The axes of contracts whose entries have names. An axis is a dimension, or Reorder::entries.
namespace leat::conformance {

/// Returns "A, B, C".
[[nodiscard]] std::string words(const Names& names);

/// Returns the axes of a contract that have these names.
[[nodiscard]] std::vector<int> axes_of(const Contract& contract, const Names& names);

/// Returns the axes of a contract that have these names, in this order or another.
[[nodiscard]] std::vector<int> named_axes(const Contract& contract, const Names& names);

/// Returns the names along an axis; empty: it has none, or there is no such axis.
[[nodiscard]] Names names_at(const Contract& contract, int axis);

/// Returns the symbol in a port's sentence for an axis; empty: it has none.
[[nodiscard]] std::string symbol_of(const Contract& port, int axis);

}  // namespace leat::conformance
