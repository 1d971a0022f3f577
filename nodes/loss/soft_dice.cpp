#include "loss/soft_dice.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sigmoid.h>

namespace leat {

at::Tensor soft_dice_loss(const at::Tensor& logits, const at::Tensor& mask, double smooth) {
  const at::Tensor predicted = at::sigmoid(logits);
  const at::Tensor shared = (predicted * mask).sum({2, 3});
  const at::Tensor all = predicted.sum({2, 3}) + mask.sum({2, 3});
  return 1 - (2 * shared + smooth) / (all + smooth);
}

}  // namespace leat
