#include "loss/binary_divergence.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/sigmoid.h>

namespace leat {

at::Tensor binary_divergence(const at::Tensor& target, const at::Tensor& prediction) {
  const at::Tensor yes = at::sigmoid(target) * (at::log_sigmoid(target) - at::log_sigmoid(prediction));
  const at::Tensor no = at::sigmoid(-target) * (at::log_sigmoid(-target) - at::log_sigmoid(-prediction));
  return (yes + no).mean({1, 2, 3});
}

}  // namespace leat
