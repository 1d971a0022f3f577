#pragma once

#include <string>

#include "leat/report.h"

namespace leat {

[[nodiscard]] std::string report_text(const Report& report);  ///< Returns aligned columns, at most 110 characters wide.
[[nodiscard]] std::string report_markdown(const Report& report);

}  // namespace leat
