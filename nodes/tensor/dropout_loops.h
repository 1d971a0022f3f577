#pragma once

#include <cstdint>

#include "leat/random.h"

namespace leat {

/// Philox blocks that are computed side by side, and the values that they serve.
inline constexpr int dropout_lanes = 16;
inline constexpr int dropout_chunk = 8 * dropout_lanes;

/// A value stays when its half of a word is at least `threshold`, and is multiplied by `scale`.
struct DropoutRule {
  std::uint32_t threshold = 0;
  float scale = 1;
};

[[nodiscard]] DropoutRule dropout_rule(double share);

/// The key of a row in one layer.
[[nodiscard]] RandomKey dropout_key(RandomKey row, std::uint32_t layer);

/// The halves for the 128 values of one chunk of a row, in the order that Dropout documents. [any thread]
void draw_dropout_halves(const RandomKey& key, std::uint32_t chunk, std::uint16_t* halves);

/// out = in where it stays, scaled, else 0; `stays` keeps which. [any thread]
void lose(const float* in, float* out, bool* stays, const std::uint16_t* halves, DropoutRule rule, std::int64_t count);

/// The same loss for a gradient. [any thread]
void lose_again(const float* in, float* out, const bool* stays, float scale, std::int64_t count);

}  // namespace leat
