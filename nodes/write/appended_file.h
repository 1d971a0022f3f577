#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace leat {

/// Truncates a file to `length` bytes, appends the text, and returns the new length. Creates the file and its folders if `length` is 0.
/// A node keeps the length in its state. So text that a stopped run wrote after its checkpoint is replaced when the run is resumed.
/// Throws std::runtime_error with the path and the reason. [worker]
[[nodiscard]] std::int64_t append_at(const std::filesystem::path& file, std::int64_t length, std::string_view text);

}  // namespace leat
