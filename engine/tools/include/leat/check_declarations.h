#pragma once

#include <string>
#include <vector>

#include "leat/outcome.h"
#include "leat/registry.h"

namespace leat {

/// Returns the faults of a type that are visible without a run. It must have an id and sentences, defaults within its ranges, and ranges
/// that it enforces. Making one must not read or write anything, and two of them must share nothing.
[[nodiscard]] std::vector<Finding> check_declarations(const Registry& registry, const std::string& id);

}  // namespace leat
