#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "leat/run_store.h"
#include "leat/sweep.h"

namespace leat {

/// Returns the rows with the time that their runs will take, estimated from finished runs of the same system.
[[nodiscard]] std::string sweep_plan_text(const Sweep& sweep, const std::vector<StoredRun>& runs);
/// Returns the rows with the metrics of their finished runs, and the runs that failed.
[[nodiscard]] std::string sweep_results_text(const Sweep& sweep, const std::vector<StoredRun>& runs);
/// Returns each row's differences from the system that `compare` names, with the same budget, over the seeds that both have finished.
/// `folder` is the sweep's. Metrics that no finished run has are listed. Empty without `compare`.
[[nodiscard]] std::string sweep_comparison_text(const Sweep& sweep, const std::vector<StoredRun>& runs,
                                                const std::filesystem::path& folder);

}  // namespace leat
