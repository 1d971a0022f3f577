#pragma once

#include <cstdint>

#include "image/histogram.h"

namespace leat {

/// Writes the new value of each byte. `to` can be `from`. [any thread]
void look_up(const std::uint8_t* from, const GrayTable& table, std::uint8_t* to, int count);
/// Writes the bytes before `end` in the opposite order. [any thread]
void reverse(const std::uint8_t* end, std::uint8_t* to, int count);

}  // namespace leat
