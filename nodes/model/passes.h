#pragma once

#include "leat/features.h"
#include "model/multitask_unet.h"
#include "tensor/dropout.h"

namespace leat {

/// How the network is run: with which weights, and with what dropout (one key a row; off by default).
struct Pass {
  Weights weights = Weights::Live;
  Dropout dropout = {};
};

/// image: N x 1 x H x W, both sides a multiple of `side_multiple()`.
[[nodiscard]] Features encode(const MultitaskUnet& network, const at::Tensor& image, const Pass& pass);

/// Logits, N x classes.
[[nodiscard]] at::Tensor classify(const MultitaskUnet& network, const Features& features, Weights weights);

/// |d (largest logit of a row) / d image|, N x 1 x H x W, detached: a pass of its own without dropout that leaves the weights alone, also
/// where gradients are off. With `bridge.scale: max` each picture is divided by its largest value.
[[nodiscard]] at::Tensor saliency(const MultitaskUnet& network, const at::Tensor& image, Weights weights);

/// Logits, N x masks x H x W. `saliency` is undefined where the network has no bridge.
[[nodiscard]] at::Tensor segment(const MultitaskUnet& network, const Features& features, const at::Tensor& image,
                                 const at::Tensor& saliency, const Pass& pass);

}  // namespace leat
