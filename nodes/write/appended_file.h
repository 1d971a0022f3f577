#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace leat {

/// Cuts a file to `length` bytes, appends the text, and returns the new length; makes the file and its folders where `length` is 0. A
/// node keeps the length in its state, so that what a run that was stopped wrote after its checkpoint is written again, once. Throws
/// std::runtime_error with the path and the reason. [worker]
[[nodiscard]] std::int64_t append_at(const std::filesystem::path& file, std::int64_t length, std::string_view text);

}  // namespace leat
