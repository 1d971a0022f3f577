#pragma once

#include <string>

#include "leat/description.h"

namespace leat {

/// What `GraphDescription::resolved` holds. Relative paths are made absolute where the text begins with `./` or `../`; others can only be
/// known by whoever knows the node types.
[[nodiscard]] std::string resolved_text(const GraphDescription& graph);

}  // namespace leat
