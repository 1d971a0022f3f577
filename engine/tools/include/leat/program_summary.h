#pragma once

#include <string>

#include "leat/program.h"

namespace leat {

/// Returns what `leat check` prints: parameters, resources, the nodes of each phase, the plan and the memory bound.
[[nodiscard]] std::string program_table(const Program& program);
/// Returns its plan as one line: `500 steps of train, validate every 50 steps, a checkpoint every 10 minutes, then test`.
[[nodiscard]] std::string plan_text(const Program& program);
/// Returns the same as JSON, `{"version": 1, …}`.
[[nodiscard]] std::string program_json(const Program& program);

}  // namespace leat
