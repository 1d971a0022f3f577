#include "loss/soft_dice.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sigmoid.h>

#include "tensor/resample.h"

namespace leat {

at::Tensor soft_dice_loss(const at::Tensor& logits, const at::Tensor& mask, double smooth) {
  const bool is_one_size = logits.size(2) == mask.size(2) && logits.size(3) == mask.size(3);
  const at::Tensor predicted = at::sigmoid(is_one_size ? logits : resize_bilinear(logits, mask.size(2), mask.size(3), Aligned::Edges));
  const at::Tensor shared = (predicted * mask).sum({2, 3});
  const at::Tensor all = predicted.sum({2, 3}) + mask.sum({2, 3});
  return 1 - (2 * shared + smooth) / (all + smooth);
}

}  // namespace leat
