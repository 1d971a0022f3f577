#include "loss/over_ranks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <span>

namespace leat {

at::Tensor over_ranks(Ranks* ranks, const at::Tensor& own) {
  if (!ranks) return own;
  // A copy, which the ranks change in place.
  at::Tensor sum = own.detach().to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous();
  ranks->sum(std::span(sum.mutable_data_ptr<float>(), static_cast<std::size_t>(sum.numel())));
  return sum.to(own.device());
}

LossTerm over_ranks(Ranks* ranks, const LossTerm& own) {
  if (!ranks) return own;
  const at::Tensor sums = over_ranks(ranks, at::stack({own.sum.detach(), own.weight.detach().to(own.sum.scalar_type())}));
  // The first two add up to 0: all ranks get the same bits, and the gradient is that of the own sum.
  return {own.sum - own.sum.detach() + sums[0], sums[1]};
}

}  // namespace leat
