#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

namespace leat {

/// The gradient of a scalar with respect to each parameter, with the parameter's strides. The scalar's graph is freed. Undefined for a
/// parameter that took no part in it, and for all if the loss has no graph.
[[nodiscard]] std::vector<at::Tensor> gradients_of(const at::Tensor& loss, const std::vector<at::Tensor>& parameters);

/// The Euclidean norm of all gradients together, a scalar on the device of `like`; 0 where there are none.
[[nodiscard]] at::Tensor gradient_norm(const std::vector<at::Tensor>& gradients, const at::Tensor& like);

/// The gradients times min(1, most / (norm + 1e-6)), as PyTorch's `clip_grad_norm_` scales them.
[[nodiscard]] std::vector<at::Tensor> clipped(const std::vector<at::Tensor>& gradients, const at::Tensor& norm, double most);

}  // namespace leat
