#pragma once

#include <filesystem>

namespace leat {

// A file that grows has another name than the finished one, so a process that is killed leaves no part of a file under its name.

/// Returns the path at which a file grows.
[[nodiscard]] std::filesystem::path growing(const std::filesystem::path& file);
/// Gives a finished file its name, after its bytes are on the disk. Throws std::runtime_error.
void give_name(const std::filesystem::path& file);
/// Lets a finished file grow again, if a resumed run continues it. Does nothing if it grows. Throws std::runtime_error.
void take_back(const std::filesystem::path& file);

}  // namespace leat
