#pragma once

#include <algorithm>
#include <cstdint>

#include "image/histogram.h"

namespace leat {

/// Writes the new value of each value. `to` can be `from`. [any thread]
void look_up(const std::uint8_t* from, const GrayTable& table, std::uint8_t* to, int count);
inline void look_up(const std::uint16_t* from, const TableOf<std::uint16_t>& table, std::uint16_t* to, int count) {
  for (int x = 0; x < count; ++x) to[x] = table[from[x]];
}

/// Writes the values before `end` in the opposite order. [any thread]
void reverse(const std::uint8_t* end, std::uint8_t* to, int count);
template <class T>
void reverse(const T* end, T* to, int count) {
  std::reverse_copy(end - count, end, to);
}

}  // namespace leat
