#include "train/gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>
#include <cstdint>

#include "tensor/captured.h"

namespace leat {

namespace {

std::vector<at::Tensor> defined(const std::vector<at::Tensor>& gradients) {
  std::vector<at::Tensor> out;
  for (const at::Tensor& gradient : gradients)
    if (gradient.defined()) out.push_back(gradient);
  return out;
}

bool has_same_strides(const at::Tensor& a, const at::Tensor& b) {
  for (std::int64_t dim = 0; dim < a.dim(); ++dim)
    if (a.size(dim) != 1 && a.stride(dim) != b.stride(dim)) return false;
  return true;
}

}  // namespace

std::vector<at::Tensor> gradients_of(const at::Tensor& loss, const std::vector<at::Tensor>& parameters) {
  if (!loss.requires_grad()) return std::vector<at::Tensor>(parameters.size());
  std::vector<at::Tensor> tensors = parameters;
  tensors.push_back(loss);
  std::vector<at::Tensor> out = as_one_operation("gradients of a loss", tensors, [](const std::vector<at::Tensor>& given) {
    const std::vector<at::Tensor> weights(given.begin(), given.end() - 1);
    return torch::autograd::grad({given.back()}, weights, {}, std::nullopt, /*create_graph=*/false, /*allow_unused=*/true);
  });
  // PyTorch's fused optimizers on the CPU read a gradient's memory in the order of its weight's. Autograd ensures this order only for
  // `.grad`: here a gradient can be transposed, or one number that is repeated by strides of 0.
  for (std::size_t k = 0; k < out.size(); ++k)
    if (out[k].defined() && !has_same_strides(out[k], parameters[k])) out[k] = at::empty_like(parameters[k].detach()).copy_(out[k]);
  return out;
}

at::Tensor gradient_norm(const std::vector<at::Tensor>& gradients, const at::Tensor& like) {
  const std::vector<at::Tensor> used = defined(gradients);
  if (used.empty()) return at::zeros({}, like.options().requires_grad(false));
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(used, 2)), 2);
}

std::vector<at::Tensor> clipped(const std::vector<at::Tensor>& gradients, const at::Tensor& norm, double most) {
  const std::vector<at::Tensor> used = defined(gradients);
  if (used.empty()) return gradients;
  // New tensors, because the tensors that autograd returns can share memory with the inputs of its graph.
  const std::vector<at::Tensor> scaled = at::_foreach_mul(used, (most / (norm + 1e-6)).clamp_max(1.0));
  std::vector<at::Tensor> out = gradients;
  auto next = scaled.begin();
  for (at::Tensor& gradient : out)
    if (gradient.defined()) gradient = *next++;
  return out;
}

}  // namespace leat
