#pragma once

#include <string>

#include "leat/report.h"

namespace leat {

[[nodiscard]] std::string report_json(const Report& report);  ///< `{"version": 1, …}`, every figure.

}  // namespace leat
