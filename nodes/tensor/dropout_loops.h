#pragma once

#include <cstdint>

#include "leat/random.h"
#include "tensor/dropout_kernel.h"

namespace leat {

/// A value stays if its half word is at least `threshold`; it is then multiplied by `scale`.
struct DropoutRule {
  std::uint32_t threshold = 0;
  float scale = 1;
};

[[nodiscard]] DropoutRule dropout_rule(double share);

/// Returns the key of a row in one layer.
[[nodiscard]] RandomKey dropout_key(RandomKey row, std::uint32_t layer);

/// Draws the half words for the 128 values of one chunk of a row, in the order that Dropout documents. [any thread]
void draw_dropout_halves(const RandomKey& key, std::uint32_t chunk, std::uint16_t* halves);

/// Sets `out` to `in` times the rule's scale for values that stay, else to 0. Sets `stays` to true for values that stay. [any thread]
void lose(const float* in, float* out, bool* stays, const std::uint16_t* halves, DropoutRule rule, std::int64_t count);

/// Applies the same dropout to a gradient. [any thread]
void lose_again(const float* in, float* out, const bool* stays, float scale, std::int64_t count);

}  // namespace leat
