#pragma once

#include "leat/verdict.h"
#include "verdict/phase_names.h"
#include "verdict/phase_record.h"

namespace leat::verdict {

/// Returns what holds up a phase of a run, which can be over: from resources first, then from the critical path of its steps, then from a
/// replay of recorded steps.
[[nodiscard]] Verdict judge(const LogNames& names, int phase, const PhaseSums& sums, bool is_over);

}  // namespace leat::verdict
