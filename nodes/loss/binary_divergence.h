#pragma once

#include <ATen/core/Tensor.h>

namespace leat {

/// KL(target ‖ prediction) of the two Bernoulli distributions of each pixel, both given as logits, the mean of each row's pixels and
/// channels: N x K x H x W, twice, to N. Finite for any finite logits.
[[nodiscard]] at::Tensor binary_divergence(const at::Tensor& target, const at::Tensor& prediction);

}  // namespace leat
