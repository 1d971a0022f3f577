#pragma once

#include <string>

#include "leat/run.h"

namespace leat {

/// Returns metrics in aligned lines: the name, and the value with four digits.
[[nodiscard]] std::string metrics_text(const Metrics& metrics);

}  // namespace leat
