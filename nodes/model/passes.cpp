#include "model/passes.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/autograd/autograd.h>

#include "model/max_pool.h"
#include "tensor/captured.h"
#include "tensor/resample.h"

namespace leat {
namespace {

/// Returns the weights of each output with mean 0 and variance 1. A norm follows, so their scale does not matter.
at::Tensor standardized(const at::Tensor& kernels) {
  const at::Tensor rows = kernels.flatten(1);
  return at::layer_norm(rows, {rows.size(1)}, {}, {}, 1e-8).view_as(kernels);
}

/// One run of the network with fixed weights.
class Forward {
 public:
  Forward(const MultitaskUnet& network, const std::vector<at::Tensor>& weights, const Dropout& dropout)
      : network_(network), weights_(weights), dropout_(dropout) {}

  [[nodiscard]] Features encode(const at::Tensor& image) const {
    Features features;
    std::vector<std::int64_t> counts;
    for (std::size_t k = 0; k < blocks().encoder.size(); ++k) counts.push_back(channels(k) * (image.size(2) >> k) * (image.size(3) >> k));
    const DropoutLayers layers(dropout_, 0, counts, image.device());
    at::Tensor x = image;
    for (std::size_t k = 0; k < blocks().encoder.size(); ++k) {
      if (k > 0) x = max_pool(x);
      x = layers.apply(block(blocks().encoder[k], x), k);
      features.stages.push_back(x);
    }
    if (*network_.pool_before_head) x = max_pool(x);
    features.pooled = x.mean(at::IntArrayRef{2, 3});
    return features;
  }

  [[nodiscard]] at::Tensor classify(const Features& features) const {
    return at::linear(features.pooled, weight(blocks().head.weight), weight(blocks().head.bias));
  }

  [[nodiscard]] at::Tensor segment(const Features& features, const at::Tensor& bridge) const {
    const std::size_t stages = features.stages.size();
    std::vector<std::int64_t> counts;
    for (std::size_t k = 0; k < blocks().decoder.size(); ++k) counts.push_back(features.stages[stages - 2 - k][0].numel());
    const DropoutLayers layers(dropout_, static_cast<std::uint32_t>(stages), counts, features.stages.back().device());
    at::Tensor x = features.stages.back();
    if (bridge.defined() && network_.bridge_join == "deepest") x = at::cat({x, bridge}, 1);
    for (std::size_t k = 0; k < blocks().decoder.size(); ++k) {
      const at::Tensor& skip = features.stages[stages - 2 - k];
      std::vector<at::Tensor> others{skip};
      if (k == 0 && bridge.defined() && network_.bridge_join == "first_stage") others.push_back(bridge);
      x = layers.apply(block(blocks().decoder[k], resize_and_join(x, others)), k);
    }
    return at::conv2d(x, weight(blocks().masks.weight), weight(blocks().masks.bias));
  }

 private:
  [[nodiscard]] const UnetLayout& blocks() const { return network_.layout(); }
  [[nodiscard]] std::int64_t channels(std::size_t stage) const { return (*network_.channels)[stage]; }
  [[nodiscard]] at::Tensor weight(int index) const { return index < 0 ? at::Tensor() : weights_[static_cast<std::size_t>(index)]; }

  [[nodiscard]] at::Tensor convolve(const LayerAt& convolution, const LayerAt& norm, const at::Tensor& x) const {
    const at::Tensor kernels = weight(convolution.weight);
    const at::Tensor y = at::conv2d(x, *network_.standardized ? standardized(kernels) : kernels, weight(convolution.bias), {1, 1}, {1, 1});
    // An instance norm equals a group norm with one group per channel, and the group norm is faster.
    at::Tensor z = at::group_norm(y, network_.groups_of(y.size(1)), weight(norm.weight), weight(norm.bias));
    return at::leaky_relu_(z, *network_.slope);
  }

  [[nodiscard]] at::Tensor block(const BlockAt& at, const at::Tensor& x) const {
    return convolve(at.conv2, at.norm2, convolve(at.conv1, at.norm1, x));
  }

  const MultitaskUnet& network_;
  const std::vector<at::Tensor>& weights_;
  const Dropout& dropout_;
};

at::Tensor bridge_of(const MultitaskUnet& network, const Features& features, const at::Tensor& image, const at::Tensor& saliency) {
  if (network.bridge_join == "none") return {};
  const std::size_t above = network.bridge_join == "deepest" ? 1 : 2;
  const at::Tensor& joined = features.stages[features.stages.size() - above];
  const at::Tensor both = at::cat({image, saliency}, 1);
  if (network.bridge_resize == "area") return at::adaptive_avg_pool2d(both, {joined.size(2), joined.size(3)});
  return resize_bilinear(both, joined.size(2), joined.size(3));
}

const Dropout no_dropout;

}  // namespace

Features encode(const MultitaskUnet& network, const at::Tensor& image, const Pass& pass) {
  return Forward(network, network.tensors(pass.weights), pass.dropout).encode(image);
}

at::Tensor classify(const MultitaskUnet& network, const Features& features, Weights weights) {
  return Forward(network, network.tensors(weights), no_dropout).classify(features);
}

at::Tensor saliency(const MultitaskUnet& network, const at::Tensor& image, Weights weights) {
  const at::AutoGradMode with_gradients(true);
  std::vector<at::Tensor> constants;
  for (const at::Tensor& tensor : network.tensors(weights)) constants.push_back(tensor.detach());
  const Forward forward(network, constants, no_dropout);
  const at::Tensor x = image.detach().requires_grad_(true);
  const at::Tensor largest = std::get<0>(forward.classify(forward.encode(x)).max(1));
  at::Tensor gradient = as_one_operation("gradient of an input", {largest.sum(), x},
                                         [](const std::vector<at::Tensor>& given) { return torch::autograd::grad({given[0]}, {given[1]}); })
                            .front()
                            .abs();
  // One map of a colour image: the maximum over the channels (Simonyan et al., "Deep inside convolutional networks", 2014).
  if (gradient.size(1) > 1) gradient = gradient.amax(1, true);
  if (network.bridge_scale == "max") gradient = gradient.div(gradient.amax({1, 2, 3}, true).clamp_min(1e-12));
  return gradient;
}

at::Tensor segment(const MultitaskUnet& network, const Features& features, const at::Tensor& image, const at::Tensor& saliency,
                   const Pass& pass) {
  return Forward(network, network.tensors(pass.weights), pass.dropout).segment(features, bridge_of(network, features, image, saliency));
}

}  // namespace leat
