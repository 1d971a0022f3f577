#pragma once

#include <ATen/core/Tensor.h>

namespace leat {

/// 1 − soft Dice of each image and channel, (2 Σ p m + s) / (Σ p + Σ m + s) with p = sigmoid(logits) and s the smoothing: N x K x H x W and
/// N x K x height x width to N x K (Milletari et al., "V-Net", 3DV 2016, without squares). Logits of another size than the mask's are
/// resized to it first, bilinear.
[[nodiscard]] at::Tensor soft_dice_loss(const at::Tensor& logits, const at::Tensor& mask, double smooth);

}  // namespace leat
