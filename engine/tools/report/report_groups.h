#pragma once

#include <filesystem>
#include <span>
#include <vector>

namespace leat::report {

/// Returns the runs in these folders, those of one graph with different seeds together. A folder without results.json stands for the
/// finished runs below it. If two runs of a graph have the same seed, the runs of each folder are apart. Throws Refusal.
[[nodiscard]] std::vector<std::vector<std::filesystem::path>> report_groups(std::span<const std::filesystem::path> folders);

}  // namespace leat::report
