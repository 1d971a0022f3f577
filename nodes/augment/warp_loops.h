#pragma once

#include <cstdint>

namespace leat {

// A part of a row whose source pixels are all inside the picture. Coordinates are integers in units of 2^-16 (nearest) or 2^-32 pixels.
// Pixel (x, y) of the source is at `x * column + y * row` from a pixel that the caller chooses, from which all distances have 32 bits.
// [any thread]

inline constexpr int weight_bits = 11;  // Bits of a bilinear weight: 8 + 11 + 11 bits fit into 32.
inline constexpr int warp_block = 64;   // Number of pixels that the functions take at most.

struct Line16 {
  std::int32_t x, y, x_step, y_step;
};
struct Line32 {
  std::int64_t x, y, x_step, y_step;
};

/// Writes the distances of the nearest pixels.
void nearest_places(const Line16& line, std::int32_t column, std::int32_t row, int count, std::int32_t* places);
/// Writes the distances of the upper left pixels, and the weights of the right and lower neighbours, 0 .. 2^weight_bits - 1.
void bilinear_places(const Line32& line, std::int32_t column, std::int32_t row, int count, std::int32_t* places, std::int32_t* right,
                     std::int32_t* down);
/// Mixes two pixels of the upper and two of the lower line, the left one in the low byte.
void mix(const std::uint16_t* upper, const std::uint16_t* lower, const std::int32_t* right, const std::int32_t* down, int count,
         std::uint8_t* to);

}  // namespace leat
