#include "train/moving_average.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sub.h>

namespace leat {

void move_averages(const std::vector<at::Tensor>& averages, const std::vector<at::Tensor>& weights, const at::Tensor& decay) {
  const at::NoGradGuard no_gradients;
  const std::vector<at::Tensor> difference = at::_foreach_sub(weights, averages);
  at::_foreach_mul_(difference, 1 - decay);
  at::_foreach_add_(averages, difference);
}

}  // namespace leat
