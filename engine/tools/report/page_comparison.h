#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace leat::report {

/// Returns the difference between two groups of runs, `ours` minus `theirs`, as `ComparedRuns` in results_data.ts. If they cannot be
/// compared, it has only the reason. `plain` is applied to sentences.
[[nodiscard]] nlohmann::json comparison_of(std::span<const std::filesystem::path> ours, std::span<const std::filesystem::path> theirs,
                                           const std::function<std::string(const std::string&)>& plain);

}  // namespace leat::report
