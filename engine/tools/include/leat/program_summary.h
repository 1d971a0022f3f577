#pragma once

#include <string>

#include "leat/program.h"

namespace leat {

/// What `leat check` prints: parameters, resources, the nodes of each phase, the plan and the bound.
[[nodiscard]] std::string program_table(const Program& program);
/// The same as JSON, `{"version": 1, …}`.
[[nodiscard]] std::string program_json(const Program& program);

}  // namespace leat
