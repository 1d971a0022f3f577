#include "model/passes.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/autograd/autograd.h>

#include "model/max_pool.h"
#include "tensor/captured.h"
#include "tensor/parallel.h"
#include "tensor/resample.h"
#include "tensor/threads.h"

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

  /// Writes the stages to `to`, if it has stages.
  [[nodiscard]] Features encode(const at::Tensor& image, const Features& to = {}) const {
    Features features;
    std::vector<std::int64_t> counts;
    for (std::size_t k = 0; k < blocks().encoder.size(); ++k) counts.push_back(channels(k) * (image.size(2) >> k) * (image.size(3) >> k));
    const DropoutLayers layers(dropout_, 0, counts, image.device());
    at::Tensor x = image;
    for (std::size_t k = 0; k < blocks().encoder.size(); ++k) {
      if (k > 0) x = max_pool(x);
      x = layers.apply(block(blocks().encoder[k], x, to.stages.empty() ? at::Tensor() : to.stages[k]), k);
      features.stages.push_back(x);
    }
    if (*network_.pool_before_head) x = max_pool(x);
    features.pooled = x.mean(at::IntArrayRef{2, 3});
    return features;
  }

  /// Returns features without values, for the rows of a batch.
  [[nodiscard]] Features empty_features(const at::Tensor& image) const {
    Features features{{}, at::empty({image.size(0), channels(blocks().encoder.size() - 1)}, image.options())};
    for (std::size_t k = 0; k < blocks().encoder.size(); ++k)
      features.stages.push_back(at::empty({image.size(0), channels(k), image.size(2) >> k, image.size(3) >> k}, image.options()));
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

  /// Writes the result to `to`, if that is defined.
  [[nodiscard]] at::Tensor convolve(const LayerAt& convolution, const LayerAt& norm, const at::Tensor& x, at::Tensor to = {}) const {
    const at::Tensor kernels = weight(convolution.weight);
    const at::Tensor y = at::conv2d(x, *network_.standardized ? standardized(kernels) : kernels, weight(convolution.bias), {1, 1}, {1, 1});
    // An instance norm equals a group norm with one group per channel, and the group norm is faster.
    at::Tensor z = at::group_norm(y, network_.groups_of(y.size(1)), weight(norm.weight), weight(norm.bias));
    return to.defined() ? at::leaky_relu_out(to, z, *network_.slope) : at::leaky_relu_(z, *network_.slope);
  }

  [[nodiscard]] at::Tensor block(const BlockAt& at, const at::Tensor& x, const at::Tensor& to = {}) const {
    return convolve(at.conv2, at.norm2, convolve(at.conv1, at.norm1, x), to);
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

/// Returns the number of parts in which a batch is computed; 1 if it is computed as a whole. With parts, threads wait for each other once
/// per pass, and not once per operation.
std::int64_t parts_of(const at::Tensor& image, const Pass& pass) {
  // oneDNN adds in another order for one row.
  constexpr std::int64_t least_rows = 2;
  const std::int64_t threads = used_threads();
  const bool has_parts = pass.in_parts && image.is_cpu() && !at::GradMode::is_enabled() && !pass.dropout.is_on();
  return has_parts && image.size(0) >= least_rows * threads ? threads : 1;
}

/// Calls work(rows), where rows(tensor) returns the rows of a part, for each part of a batch.
template <class Work>
void for_parts(std::int64_t count, std::int64_t parts, const Work& work) {
  in_parallel(parts, 1, [&](std::int64_t begin, std::int64_t end) {
    // Each thread has its own mode.
    const at::NoGradGuard no_gradients;
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t first = count * part / parts, behind = count * (part + 1) / parts;
      work([=](const at::Tensor& whole) { return whole.defined() ? whole.narrow(0, first, behind - first) : whole; });
    }
  });
}

/// Returns features, with each of their tensors replaced.
template <class Replace>
Features replaced(const Features& features, const Replace& replace) {
  Features out{{}, replace(features.pooled)};
  for (const at::Tensor& stage : features.stages) out.stages.push_back(replace(stage));
  return out;
}

}  // namespace

Features encode(const MultitaskUnet& network, const at::Tensor& image, const Pass& pass) {
  const Forward forward(network, network.tensors(pass.weights), pass.dropout);
  const std::int64_t parts = parts_of(image, pass);
  if (parts == 1) return forward.encode(image);
  Features out = forward.empty_features(image);
  for_parts(image.size(0), parts, [&](const auto& rows) {
    const Features to = replaced(out, rows);
    to.pooled.copy_(forward.encode(rows(image), to).pooled);
  });
  return out;
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
  const Forward forward(network, network.tensors(pass.weights), pass.dropout);
  const std::int64_t parts = parts_of(image, pass);
  if (parts == 1) return forward.segment(features, bridge_of(network, features, image, saliency));
  at::Tensor out = at::empty({image.size(0), network.shape().masks, image.size(2), image.size(3)}, image.options());
  for_parts(image.size(0), parts, [&](const auto& rows) {
    const Features of_rows = replaced(features, rows);
    rows(out).copy_(forward.segment(of_rows, bridge_of(network, of_rows, rows(image), rows(saliency))));
  });
  return out;
}

}  // namespace leat
