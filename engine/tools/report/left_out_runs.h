#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace leat::report {

/// A run below a named folder that a report leaves out, because it has no results.
struct LeftOutRun {
  std::filesystem::path folder;
  std::optional<std::uint64_t> seed;  ///< Unknown if it ended before its first step.
  std::string state;                  ///< `failed`, `in progress`
  std::string error;                  ///< Why it failed; empty: it did not, or the reason is not known.
};

/// Returns true for the folder of a run that has begun.
[[nodiscard]] bool is_begun_run(const std::filesystem::path& folder);
/// Reads how a run without results ended.
[[nodiscard]] LeftOutRun read_left_out(const std::filesystem::path& folder);
/// Returns a line for each run: its number, its folder, and why it is left out. The first line says what they are.
[[nodiscard]] std::vector<std::string> left_out_lines(const std::vector<LeftOutRun>& runs);

}  // namespace leat::report
