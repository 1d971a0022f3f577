#include "augment/warp_loops.h"

// The sanitizers cannot run the code that chooses a clone when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LEAT_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LEAT_VECTOR_CLONES
#endif

namespace leat {

LEAT_VECTOR_CLONES void nearest_places(const Line16& line, std::int32_t column, std::int32_t row, int count,
                                       std::int32_t* __restrict places) {
  const Line16 own = line;
  for (std::int32_t k = 0; k < count; ++k) places[k] = ((own.y + k * own.y_step) >> 16) * row + ((own.x + k * own.x_step) >> 16) * column;
}

LEAT_VECTOR_CLONES void bilinear_places(const Line32& line, std::int32_t column, std::int32_t row, int count,
                                        std::int32_t* __restrict places, std::int32_t* __restrict right, std::int32_t* __restrict down) {
  const Line32 own = line;
  constexpr std::int32_t mask = (1 << weight_bits) - 1;
  std::int64_t x = own.x, y = own.y;
  for (int k = 0; k < count; ++k) {
    places[k] = static_cast<std::int32_t>(y >> 32) * row + static_cast<std::int32_t>(x >> 32) * column;
    right[k] = static_cast<std::int32_t>(x >> (32 - weight_bits)) & mask;
    down[k] = static_cast<std::int32_t>(y >> (32 - weight_bits)) & mask;
    x += own.x_step;
    y += own.y_step;
  }
}

LEAT_VECTOR_CLONES void mix(const std::uint16_t* __restrict upper, const std::uint16_t* __restrict lower,
                            const std::int32_t* __restrict right, const std::int32_t* __restrict down, int count,
                            std::uint8_t* __restrict to) {
  constexpr std::int32_t full = 1 << weight_bits;
  for (int k = 0; k < count; ++k) {
    const std::int32_t above = (upper[k] & 255) * (full - right[k]) + (upper[k] >> 8) * right[k];
    const std::int32_t below = (lower[k] & 255) * (full - right[k]) + (lower[k] >> 8) * right[k];
    to[k] = static_cast<std::uint8_t>((above * (full - down[k]) + below * down[k] + full * full / 2) >> (2 * weight_bits));
  }
}

}  // namespace leat
