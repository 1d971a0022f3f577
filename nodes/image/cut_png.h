#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace leat {

[[nodiscard]] bool is_png(std::span<const std::uint8_t> file);

/// Returns why a PNG is incomplete ("the PNG is truncated: it ends after 120 bytes without its end chunk"), or an empty string. The decoder
/// itself would fill the missing part without an error.
[[nodiscard]] std::string find_cut_png(std::span<const std::uint8_t> file);

}  // namespace leat
