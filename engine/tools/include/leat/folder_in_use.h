#pragma once

#include <filesystem>

namespace leat {

/// Returns true if a process of this machine holds the lock of a run's folder. The lock is only looked at: to take it for a moment could
/// keep a run from starting.
[[nodiscard]] bool is_in_use(const std::filesystem::path& run);

}  // namespace leat
