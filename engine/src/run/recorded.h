#pragma once

#include <filesystem>
#include <string>

#include "leat/archive.h"
#include "leat/recorded.h"

namespace leat::run {

/// The folder of recordings in a run's folder.
[[nodiscard]] std::filesystem::path recorded_folder(const std::filesystem::path& run_folder);
/// The file of a recording. No phase has a dot in its name.
[[nodiscard]] std::filesystem::path recorded_file(const std::filesystem::path& run_folder, const std::string& phase, std::int64_t trained);
[[nodiscard]] Archive archive_of(const Recording& recording);
/// Returns a size that the archive's file does not exceed.
[[nodiscard]] std::int64_t most_bytes(const Archive& archive);

}  // namespace leat::run
