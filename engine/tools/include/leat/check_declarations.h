#pragma once

#include <string>
#include <vector>

#include "leat/outcome.h"
#include "leat/registry.h"

namespace leat {

/// Returns the faults of a type that are visible without a run. A type must have a valid id, sentences, defaults within its ranges, and
/// ranges that it enforces. Making an instance must not read or write files. Two instances must share nothing.
[[nodiscard]] std::vector<Finding> check_declarations(const Registry& registry, const std::string& id);

}  // namespace leat
