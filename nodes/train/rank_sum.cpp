#include "train/rank_sum.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <cstdint>
#include <span>
#include <stdexcept>

namespace leat {

namespace {

/// Returns a part of a buffer in the form of a parameter.
at::Tensor part_of(const at::Tensor& buffer, std::int64_t first, const at::Tensor& like) {
  return like.is_non_overlapping_and_dense() ? buffer.as_strided(like.sizes(), like.strides(), first)
                                             : buffer.narrow(0, first, like.numel()).view(like.sizes());
}

}  // namespace

void sum_over_ranks(Ranks& ranks, std::vector<at::Tensor>& gradients, const std::vector<at::Tensor>& parameters) {
  const at::NoGradGuard no_gradients;
  const auto count = static_cast<std::int64_t>(parameters.size());
  std::int64_t size = count;
  for (const at::Tensor& one : parameters) {
    if (one.scalar_type() != at::kFloat || !one.device().is_cpu())
      throw std::runtime_error("ranks add up gradients in float on the CPU only, but a weight is " + one.toString() + " on " +
                               one.device().str());
    size += one.numel();
  }
  // The first numbers say on how many ranks each gradient is defined.
  const at::Tensor buffer = at::zeros({size}, at::kFloat);
  std::int64_t first = count;
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (gradients[k].defined()) {
      buffer[static_cast<std::int64_t>(k)].fill_(1);
      part_of(buffer, first, parameters[k]).copy_(gradients[k]);
    }
    first += parameters[k].numel();
  }
  ranks.sum(std::span(buffer.mutable_data_ptr<float>(), static_cast<std::size_t>(size)));
  first = count;
  const float* defined = buffer.const_data_ptr<float>();
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    gradients[k] = defined[k] > 0 ? part_of(buffer, first, parameters[k]) : at::Tensor();
    first += parameters[k].numel();
  }
}

}  // namespace leat
