#pragma once

#include <string>

#include "leat/tree.h"

namespace leat {

/// A tree as YAML on one line: `[16, 32]`.
[[nodiscard]] std::string flow_text(const Tree& tree);

}  // namespace leat
