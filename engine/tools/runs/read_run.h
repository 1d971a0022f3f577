#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "leat/log_end.h"
#include "leat/run_store.h"

namespace leat {

/// Returns the time of the last change in nanoseconds, or 0 if there is no such file.
[[nodiscard]] std::int64_t time_of(const std::filesystem::path& file);
/// Returns when an unfinished run last wrote something, in nanoseconds.
[[nodiscard]] std::int64_t last_sign(const std::filesystem::path& run_folder);
/// Reads the results of a finished run. Returns nullopt if there are none, or if they cannot be read; then `why` has the reason.
[[nodiscard]] std::optional<StoredRun> read_results(const std::filesystem::path& run_folder, std::string& why);
/// Returns what the end of a log says about the end of the run.
[[nodiscard]] LogEnd end_in(const std::filesystem::path& log);
[[nodiscard]] StoredRun read_unfinished(const std::filesystem::path& run_folder);

}  // namespace leat
