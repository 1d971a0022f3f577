#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace leat {

/// Why a PNG or JPEG file cannot be whole ("the JPEG is cut: it ends after 120 bytes without its end marker"), or empty. The decoders
/// fill what is missing without a word. Other formats are not looked at.
[[nodiscard]] std::string find_cut(std::span<const std::uint8_t> file);

}  // namespace leat
