#pragma once

#include "leat/program.h"

namespace leat::program {

/// Finds the stretches whose values the plan's `cache` keeps, in the training and its validation, and computes how much it can hold. Other
/// phases see their samples once. Reports a cache that has no effect, or takes more than `memory`. The sizes of all values are known.
void find_cached(const PlanText& text, Program& program, Diagnostics& diagnostics);

}  // namespace leat::program
