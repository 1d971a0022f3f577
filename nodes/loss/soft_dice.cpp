#include "loss/soft_dice.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/sigmoid.h>

#include "tensor/resample.h"

namespace leat {

namespace {

/// Returns the probabilities of the logits at the size of the mask.
at::Tensor predicted_at(const at::Tensor& mask, const at::Tensor& logits) {
  const bool is_one_size = logits.size(2) == mask.size(2) && logits.size(3) == mask.size(3);
  return at::sigmoid(is_one_size ? logits : resize_bilinear(logits, mask.size(2), mask.size(3), Aligned::Edges));
}

}  // namespace

at::Tensor soft_dice_loss(const at::Tensor& logits, const at::Tensor& mask, double smooth) {
  const at::Tensor predicted = predicted_at(mask, logits);
  const at::Tensor shared = (predicted * mask).sum({2, 3});
  const at::Tensor all = predicted.sum({2, 3}) + mask.sum({2, 3});
  return 1 - (2 * shared + smooth) / (all + smooth);
}

PartlyKnownDice known_dice_loss(const at::Tensor& logits, const at::Tensor& mask, double smooth) {
  const at::Tensor known = mask.ge(0).to(at::kFloat);
  const at::Tensor are_known = known.amax({2, 3});
  // Without any known pixel, and without smoothing, the ratio would be 0 / 0, which would reach the gradient.
  const at::Tensor predicted = predicted_at(mask, logits) * known, inside = mask * known;
  const at::Tensor shared = (predicted * inside).sum({2, 3});
  const at::Tensor all = predicted.sum({2, 3}) + inside.sum({2, 3}) + (1 - are_known);
  return {(1 - (2 * shared + smooth) / (all + smooth)) * are_known, are_known};
}

}  // namespace leat
