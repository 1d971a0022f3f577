#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace leat {

[[nodiscard]] bool is_png(std::span<const std::uint8_t> file);

/// Why a PNG cannot be whole ("the PNG is cut: it ends after 120 bytes without its end chunk"), or empty. The decoder fills what is missing
/// without a word.
[[nodiscard]] std::string find_cut_png(std::span<const std::uint8_t> file);

}  // namespace leat
