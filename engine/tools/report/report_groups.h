#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "report/left_out_runs.h"

namespace leat::report {

struct ReportGroups {
  std::vector<std::vector<std::filesystem::path>> groups;
  std::vector<LeftOutRun> left_out;  ///< Runs below the folders that have no results, or whose seed a newer run has.
};

/// Returns the runs in these folders, those of one graph with different seeds together. A folder without results.json stands for the
/// finished runs below it, of which `seed_groups` leaves out copies. Throws Refusal.
[[nodiscard]] ReportGroups report_groups(std::span<const std::filesystem::path> folders);

}  // namespace leat::report
