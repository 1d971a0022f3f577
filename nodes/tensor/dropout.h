#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

#include "leat/random.h"

namespace leat {

/// A dropout: its fraction and the random keys of the rows. Row i draws with key i only. So a dropped value depends on (seed, phase,
/// occurrence, node, step, slot, layer, element), but not on the rest of the batch, the number of threads or the device.
///
/// Bits: one Philox block mixes the row's key with the layer. The counter is (block, slot, step, occurrence). A block has eight half words,
/// and sixteen blocks serve 128 values. Value e of a row takes half (e / 16) mod 8 (low half of word 0 first) of block
/// 16 (e / 128) + e mod 16. A value stays if its half is at least t = round(65536 share). It is then multiplied by 65536 / (65536 - t).
struct Dropout {
  double share = 0;
  std::vector<RandomKey> rows;  ///< One per row of the batch. Empty: no dropout.

  [[nodiscard]] bool is_on() const { return share > 0 && !rows.empty(); }
};

/// Returns masks for the layers `first`, `first` + 1, ...: for each N x its count of values, bool, true for values that stay. They are
/// computed with integer tensor operations on any device. The number of operations does not depend on the number of layers.
[[nodiscard]] std::vector<at::Tensor> dropout_masks(const Dropout& dropout, std::uint32_t first, const std::vector<std::int64_t>& counts,
                                                    at::Device device);

/// The dropouts of some numbered layers of one pass. The CPU draws when a layer is reached, and so does a device with a kernel
/// (dropout_operation.h), which gets the keys of all layers at once. On other devices, where each operation costs a launch, the constructor
/// draws all layers together.
class DropoutLayers {
 public:
  /// `counts`: number of values per row in layers `first`, `first` + 1, ... `dropout` must outlive this object.
  DropoutLayers(const Dropout& dropout, std::uint32_t first, const std::vector<std::int64_t>& counts, at::Device device);

  /// Returns x after the dropout of layer `first` + index. x is N x ..., float and contiguous. Dropped values get no gradient.
  [[nodiscard]] at::Tensor apply(const at::Tensor& x, std::size_t index) const;

 private:
  const Dropout& dropout_;
  std::uint32_t first_;
  at::Tensor keys_;                // for a device with the kernel
  std::vector<at::Tensor> masks_;  // for a device without it
};

}  // namespace leat
