#include "train/gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

namespace leat {

namespace {

std::vector<at::Tensor> defined(const std::vector<at::Tensor>& gradients) {
  std::vector<at::Tensor> out;
  for (const at::Tensor& gradient : gradients)
    if (gradient.defined()) out.push_back(gradient);
  return out;
}

}  // namespace

std::vector<at::Tensor> gradients_of(const at::Tensor& loss, const std::vector<at::Tensor>& parameters) {
  if (!loss.requires_grad()) return std::vector<at::Tensor>(parameters.size());
  return torch::autograd::grad({loss}, parameters, {}, std::nullopt, /*create_graph=*/false, /*allow_unused=*/true);
}

at::Tensor gradient_norm(const std::vector<at::Tensor>& gradients, const at::Tensor& like) {
  const std::vector<at::Tensor> used = defined(gradients);
  if (used.empty()) return at::zeros({}, like.options().requires_grad(false));
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(used, 2)), 2);
}

std::vector<at::Tensor> clipped(const std::vector<at::Tensor>& gradients, const at::Tensor& norm, double most) {
  const std::vector<at::Tensor> used = defined(gradients);
  if (used.empty()) return gradients;
  // New tensors: what autograd returns may be shared with its graph's inputs.
  const std::vector<at::Tensor> scaled = at::_foreach_mul(used, (most / (norm + 1e-6)).clamp_max(1.0));
  std::vector<at::Tensor> out = gradients;
  auto next = scaled.begin();
  for (at::Tensor& gradient : out)
    if (gradient.defined()) gradient = *next++;
  return out;
}

}  // namespace leat
