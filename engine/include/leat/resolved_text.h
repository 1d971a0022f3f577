#pragma once

#include <string>

#include "leat/description.h"

namespace leat {

/// Returns the text for `GraphDescription::resolved`. Relative paths that begin with `./` or `../` become absolute. Other paths can only be
/// recognised with the node types.
[[nodiscard]] std::string resolved_text(const GraphDescription& graph);

}  // namespace leat
