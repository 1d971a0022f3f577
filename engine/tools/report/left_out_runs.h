#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace leat::report {

/// A run below a named folder that a report leaves out.
struct LeftOutRun {
  std::filesystem::path folder;
  std::optional<std::uint64_t> seed;  ///< Unknown if it ended before its first step.
  std::string state;                  ///< `failed`, `running`, `a newer run has its seed`
  std::string error;                  ///< Why it failed; empty: it did not.
  bool has_results = false;           ///< It is left out because another run of the same graph has its seed.
};

/// Returns true for the folder of a run that has begun.
[[nodiscard]] bool is_begun_run(const std::filesystem::path& folder);
/// Reads how a run without results ended.
[[nodiscard]] LeftOutRun read_left_out(const std::filesystem::path& folder);
/// Returns a finished run that is left out, because another run of the same graph, device and folder has its seed.
[[nodiscard]] LeftOutRun left_out_copy(const std::filesystem::path& folder, std::optional<std::uint64_t> seed);
/// Returns a line for each run: its number, its folder, and why it is left out. The first line counts them.
[[nodiscard]] std::vector<std::string> left_out_lines(const std::vector<LeftOutRun>& runs);

}  // namespace leat::report
