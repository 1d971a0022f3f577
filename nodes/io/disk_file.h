#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace leat {

class PlainFile;

/// Fills the buffer from a place of the file. Returns false if the file ends before. Throws std::system_error. [any thread]
[[nodiscard]] bool read_at(const PlainFile& file, std::span<std::uint8_t> buffer, std::int64_t place);

/// Returns the bytes of a file. Throws std::runtime_error with the path and the reason. [any thread]
[[nodiscard]] std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& file);

/// Writes a temporary file next to the file and renames it, so that no reader sees an incomplete file. Creates missing folders. If several
/// threads write the same file, the last one wins. Throws std::runtime_error with the path and the reason. [any thread]
void write_whole_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);
void write_whole_file(const std::filesystem::path& file, std::string_view text);

}  // namespace leat
