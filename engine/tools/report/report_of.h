#pragma once

#include <vector>

#include "leat/report.h"
#include "report/finished_run.h"

namespace leat::report {

/// Returns the report of runs of one graph with different seeds, ordered by seed.
[[nodiscard]] Report report_of(std::vector<FinishedRun> runs);

}  // namespace leat::report
