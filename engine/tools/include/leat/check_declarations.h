#pragma once

#include <string>
#include <vector>

#include "leat/outcome.h"
#include "leat/registry.h"

namespace leat {

/// What can be seen of a type without running it: its id and sentences, defaults within ranges that are kept, making one reads and writes
/// nothing, two of it share nothing.
[[nodiscard]] std::vector<Finding> check_declarations(const Registry& registry, const std::string& id);

}  // namespace leat
