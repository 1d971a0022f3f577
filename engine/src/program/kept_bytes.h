#pragma once

#include "leat/program.h"

namespace leat::program {

/// Shares the bytes of `keep_results` equally among the nodes of test phases that can keep results. Reports it if there are none, but not
/// if the graph has other mistakes (`is_sized` is false), which could have kept such a node from being built.
void share_kept_bytes(Program& program, const PlanText& text, bool is_sized, Diagnostics& diagnostics);

}  // namespace leat::program
