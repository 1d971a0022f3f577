#pragma once

#include "leat/program.h"

namespace leat::program {

/// Shares the bytes of `keep_results` equally among the nodes of test phases that can keep results. Reports it if there are none.
void share_kept_bytes(Program& program, const PlanText& text, Diagnostics& diagnostics);

}  // namespace leat::program
