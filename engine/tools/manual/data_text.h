#pragma once

#include <nlohmann/json_fwd.hpp>

#include "leat/program.h"

namespace leat {

/// Returns what `data_text` prints, as a list with an object per data set.
[[nodiscard]] nlohmann::json found_json(const Program& program);

}  // namespace leat
