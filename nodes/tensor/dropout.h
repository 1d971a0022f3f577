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

/// What stays in layers `first`, `first` + 1, ...: for each N x its count of values, bool, computed with integer tensor operations on any
/// device: as many of them for all layers as for one.
[[nodiscard]] std::vector<at::Tensor> dropout_masks(const Dropout& dropout, std::uint32_t first, const std::vector<std::int64_t>& counts,
                                                    at::Device device);

/// The dropouts of some layers of one pass, whose numbers tell them apart. The CPU draws when a layer is reached; for another device, where
/// each operation costs a launch, all layers are drawn together here.
class DropoutLayers {
 public:
  /// `counts`: values of a row in layers `first`, `first` + 1, ... `dropout` has to outlive it.
  DropoutLayers(const Dropout& dropout, std::uint32_t first, const std::vector<std::int64_t>& counts, at::Device device);

  /// x with the dropout of the layer `first` + index, N x ..., float and contiguous. Gradients are lost where values are.
  [[nodiscard]] at::Tensor apply(const at::Tensor& x, std::size_t index) const;

 private:
  const Dropout& dropout_;
  std::uint32_t first_;
  std::vector<at::Tensor> masks_;  // none on the CPU
};

}  // namespace leat
