#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace leat {

/// A file's bytes; throws std::runtime_error with the path and the reason. [any thread]
[[nodiscard]] std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& file);

/// Writes a file beside its place and renames it, so that nobody ever sees half of it; makes missing folders. Throws
/// std::runtime_error with the path and the reason. Of several threads that write one file the last one's stays. [any thread]
void write_whole_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);
void write_whole_file(const std::filesystem::path& file, std::string_view text);

}  // namespace leat
