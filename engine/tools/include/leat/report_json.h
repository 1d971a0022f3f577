#pragma once

#include <string>

#include "leat/report.h"

namespace leat {

[[nodiscard]] std::string report_json(const Report& report);  ///< Returns `{"version": 1, …}` with every metric.

}  // namespace leat
