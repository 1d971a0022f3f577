#pragma once

#include <ATen/core/Tensor.h>

namespace leat {

/// Returns 1 − soft Dice of each image and channel, N x K. Soft Dice is (2 Σ p m + s) / (Σ p + Σ m + s) with p = sigmoid(logits), the
/// mask m and the smoothing s, in pixels (Milletari et al., "V-Net", 3DV 2016, without squares). Logits are N x K x H x W, the mask is
/// N x K x height x width. If the sizes differ, the logits are first resized to the mask, bilinear.
[[nodiscard]] at::Tensor soft_dice_loss(const at::Tensor& logits, const at::Tensor& mask, double smooth);

/// Dice losses of masks with unknown pixels, N x K, and which of them are known, 0 or 1: a structure of which no pixel is known in an image
/// has the loss 0.
struct PartlyKnownDice {
  at::Tensor losses;
  at::Tensor are_known;
};

/// Returns `soft_dice_loss` over the pixels that are not `unknown::number` in the mask.
[[nodiscard]] PartlyKnownDice known_dice_loss(const at::Tensor& logits, const at::Tensor& mask, double smooth);

}  // namespace leat
