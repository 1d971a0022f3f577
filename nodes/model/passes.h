#pragma once

#include "leat/features.h"
#include "model/multitask_unet.h"
#include "tensor/dropout.h"

namespace leat {

/// Options of a pass: the weights, and the dropout with one key per row (off by default).
struct Pass {
  Weights weights = Weights::Live;
  Dropout dropout = {};
  /// Parts of the batch are computed at the same time, each on one thread, if the pass is on the CPU, without gradients and dropout. Values
  /// can differ in their last bits from those of the whole batch.
  bool in_parts = false;
};

/// Runs the encoder. `image` is N x C x H x W with the network's number of channels; both sides are multiples of `side_multiple()`.
[[nodiscard]] Features encode(const MultitaskUnet& network, const at::Tensor& image, const Pass& pass);

/// Returns class logits, N x classes.
[[nodiscard]] at::Tensor classify(const MultitaskUnet& network, const Features& features, Weights weights);

/// Returns |d (largest logit of a row) / d image|, N x 1 x H x W, detached: the maximum over the channels of the image. It runs its own
/// forward and backward pass without dropout, even if gradients are off. The weights get no gradient. With `bridge.scale: max`, each map is
/// divided by its largest value.
[[nodiscard]] at::Tensor saliency(const MultitaskUnet& network, const at::Tensor& image, Weights weights);

/// Returns mask logits, N x masks x H x W. `saliency` is undefined if the network has no bridge.
[[nodiscard]] at::Tensor segment(const MultitaskUnet& network, const Features& features, const at::Tensor& image,
                                 const at::Tensor& saliency, const Pass& pass);

}  // namespace leat
