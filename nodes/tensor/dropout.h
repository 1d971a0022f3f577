#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

#include "leat/random.h"

namespace leat {

/// Which values a dropout sets to 0. Row i draws with the key of row i alone, so what it loses depends on (seed, phase, occurrence, node,
/// step, slot, layer, element), not on the batch it is in, the number of threads or the device.
///
/// Bits: the row's key is mixed with the layer by one Philox block; the counter is (block, slot, step, occurrence). Each block has eight
/// halves of a word, and sixteen blocks serve 128 values: value e of a row takes half (e / 16) mod 8 (low half of word 0 first) of block
/// 16 (e / 128) + e mod 16. A value stays when its half is at least round(65536 share), and is divided by the share that stays.
struct Dropout {
  double share = 0;
  std::vector<RandomKey> rows;  ///< One for each row of the batch; none: nothing is lost.

  [[nodiscard]] bool is_on() const { return share > 0 && !rows.empty(); }
};

/// x with dropout, N x ..., float and contiguous; `layer` tells the dropouts of one pass apart. Gradients are lost where values are.
[[nodiscard]] at::Tensor apply_dropout(const at::Tensor& x, const Dropout& dropout, std::uint32_t layer);

/// What stays: N x `count`, bool, computed with integer tensor operations on any device.
[[nodiscard]] at::Tensor dropout_mask(const Dropout& dropout, std::uint32_t layer, std::int64_t count, at::Device device);

}  // namespace leat
