#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "leat/run_store.h"
#include "leat/sweep.h"

namespace leat {

/// Rows with what their runs will take, by the finished ones of the same system.
[[nodiscard]] std::string sweep_plan_text(const Sweep& sweep, const std::vector<StoredRun>& runs);
/// Rows with what their finished runs measured, and which ones failed.
[[nodiscard]] std::string sweep_results_text(const Sweep& sweep, const std::vector<StoredRun>& runs);
/// Each row's differences from the same budget of the system that `compare` names, over the seeds that have finished of both. `folder` is
/// the sweep's. Metrics that no finished run has are named. Empty without `compare`.
[[nodiscard]] std::string sweep_comparison_text(const Sweep& sweep, const std::vector<StoredRun>& runs,
                                                const std::filesystem::path& folder);

}  // namespace leat
