#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

// The folder of a checkpoint, and the folders that an interrupted write leaves next to it: `.new` and `.old`. A folder with a manifest is a
// complete checkpoint. Functions throw std::runtime_error or std::filesystem::filesystem_error.
namespace leat::run {

/// Largest number of retries while a resumed run replaces files.
inline constexpr int most_tries = 20;

/// Returns the exception for a checkpoint that cannot be read.
[[nodiscard]] std::runtime_error unreadable(const std::filesystem::path& path, const std::string& why);

/// Returns true if the folder has a manifest. A folder without one is incomplete: its write was interrupted.
[[nodiscard]] bool is_whole(const std::filesystem::path& folder);

/// Returns true if the folder exists without a manifest. A complete write renames the folder into place, and a folder to be removed is
/// renamed first, so this is damage. Tries several times, because a resumed run can exchange the two between the calls.
[[nodiscard]] bool is_damaged(const std::filesystem::path& folder);

/// Returns the complete checkpoints among the folder and the folders that an interrupted write left next to it.
[[nodiscard]] std::vector<std::filesystem::path> candidates(const std::filesystem::path& folder);

/// Creates the empty folder in which a checkpoint is written, and returns its path. The folder above has to be there: if somebody has moved
/// the run, it is not, and must not be made again.
[[nodiscard]] std::filesystem::path begin_write(const std::filesystem::path& folder);

/// Makes `written` the checkpoint `folder`. Syncs the names before it deletes the old folder, which until then can be the only checkpoint
/// that would survive a crash of the machine.
void exchange(const std::filesystem::path& written, const std::filesystem::path& folder);

/// Deletes a checkpoint folder, manifest first. Invariant: a folder with a manifest is a complete checkpoint, even if the process is killed
/// during this call.
void discard(const std::filesystem::path& folder);

}  // namespace leat::run
