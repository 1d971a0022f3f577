#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "leat/run_store.h"

namespace leat {

/// Returns the time of the last change in nanoseconds, or 0 if there is no such file.
[[nodiscard]] std::int64_t time_of(const std::filesystem::path& file);
/// Returns when an unfinished run last wrote something, in nanoseconds.
[[nodiscard]] std::int64_t last_sign(const std::filesystem::path& run_folder);
/// Reads the results of a finished run. Returns nullopt if there are none, or if they cannot be read; then `why` has the reason.
[[nodiscard]] std::optional<StoredRun> read_results(const std::filesystem::path& run_folder, std::string& why);
/// Returns what the files of a run without results say. Its status is that of a run that no process works on.
[[nodiscard]] StoredRun read_unfinished(const std::filesystem::path& run_folder);

}  // namespace leat
