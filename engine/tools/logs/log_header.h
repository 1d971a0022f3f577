#pragma once

#include <string_view>

#include "leat/activity.h"

namespace leat::logs {

/// Throws std::runtime_error if the text names no phases, nodes and edges. All that read a log's header read it by this function.
[[nodiscard]] LogHeader read_header(std::string_view text);

}  // namespace leat::logs
