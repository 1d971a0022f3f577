#include "model/layout.h"

#include <cmath>

namespace leat {
namespace {

/// Adds layers in the order in which the network computes them. Bounds are PyTorch's defaults: kaiming_uniform with a = √5 draws weights
/// and biases uniformly within ±1/√(inputs of one output).
class Builder {
 public:
  Builder(UnetLayout& layout, const UnetShape& shape) : layout_(layout), shape_(shape) {}

  LayerAt linear(const std::string& name, std::vector<std::int64_t> weight_shape, bool has_bias) {
    std::int64_t inputs = 1;
    for (std::size_t k = 1; k < weight_shape.size(); ++k) inputs *= weight_shape[k];
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    LayerAt at;
    const std::int64_t outputs = weight_shape[0];
    at.weight = add({name + ".weight", std::move(weight_shape), bound, 0});
    if (has_bias) at.bias = add({name + ".bias", {outputs}, bound, 0});
    return at;
  }

  LayerAt norm(const std::string& name, std::int64_t channels) {
    if (!shape_.has_affine) return {};
    LayerAt at;
    at.weight = add({name + ".weight", {channels}, 0, 1});
    at.bias = add({name + ".bias", {channels}, 0, 0});
    return at;
  }

  BlockAt block(const std::string& name, std::int64_t inputs, std::int64_t outputs) {
    BlockAt at;
    at.conv1 = linear(name + ".conv1", {outputs, inputs, 3, 3}, shape_.has_bias);
    at.norm1 = norm(name + ".norm1", outputs);
    at.conv2 = linear(name + ".conv2", {outputs, outputs, 3, 3}, shape_.has_bias);
    at.norm2 = norm(name + ".norm2", outputs);
    return at;
  }

 private:
  int add(WeightSlot slot) {
    layout_.slots.push_back(std::move(slot));
    return static_cast<int>(layout_.slots.size()) - 1;
  }

  UnetLayout& layout_;
  const UnetShape& shape_;
};

}  // namespace

UnetLayout unet_layout(const UnetShape& shape) {
  UnetLayout layout;
  Builder build(layout, shape);
  std::int64_t inputs = shape.in_channels;
  for (std::size_t k = 0; k < shape.channels.size(); ++k) {
    layout.encoder.push_back(build.block("encoder." + std::to_string(k), inputs, shape.channels[k]));
    inputs = shape.channels[k];
  }
  if (shape.classes > 0) layout.head = build.linear("head", {shape.classes, inputs}, true);
  if (shape.masks == 0) return layout;
  for (std::size_t k = 0; k + 1 < shape.channels.size(); ++k) {
    const std::int64_t skip = shape.channels[shape.channels.size() - 2 - k];
    const std::int64_t bridge = k == 0 ? shape.bridge_channels : 0;
    layout.decoder.push_back(build.block("decoder." + std::to_string(k), inputs + bridge + skip, skip));
    inputs = skip;
  }
  layout.masks = build.linear("masks", {shape.masks, inputs, 1, 1}, true);
  return layout;
}

}  // namespace leat
