#pragma once

#include <ATen/core/Tensor.h>

namespace leat {

/// Returns KL(target ‖ prediction) of two Bernoulli distributions per pixel, averaged over each row's pixels and channels. Both are given
/// as logits, N x K x H x W; the result is N. Finite for all finite logits.
[[nodiscard]] at::Tensor binary_divergence(const at::Tensor& target, const at::Tensor& prediction);

}  // namespace leat
