#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

namespace leat {

/// Returns the gradient of a scalar with respect to each parameter, with the parameter's strides, and frees the scalar's graph. A gradient
/// is undefined if the scalar does not depend on the parameter. All are undefined if the scalar has no graph.
[[nodiscard]] std::vector<at::Tensor> gradients_of(const at::Tensor& loss, const std::vector<at::Tensor>& parameters);

/// Returns the Euclidean norm of all gradients together, a scalar on the device of `like`; 0 if there are none.
[[nodiscard]] at::Tensor gradient_norm(const std::vector<at::Tensor>& gradients, const at::Tensor& like);

/// Returns the gradients times min(1, most / (norm + 1e-6)), as PyTorch's `clip_grad_norm_` scales them.
[[nodiscard]] std::vector<at::Tensor> clipped(const std::vector<at::Tensor>& gradients, const at::Tensor& norm, double most);

}  // namespace leat
