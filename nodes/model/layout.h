#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat {

/// The settings of a multi-task U-Net that decide which weights it has.
struct UnetShape {
  std::vector<int> channels;  ///< Channels of the encoder's stages, finest first.
  int in_channels = 1;        ///< Channels of the images.
  bool has_bias = true;       ///< The 3 x 3 convolutions have a bias.
  bool has_affine = false;    ///< The norms have a scale and a shift.
  int classes = 0;            ///< 0: no head.
  int masks = 0;              ///< 0: no decoder.
  int bridge_channels = 0;    ///< Channels that the bridge adds to the decoder's first stage.
};

/// One weight: its name as in a PyTorch state dict, its shape and its initial values. The values are uniform within ±bound, or `constant`
/// if bound is 0.
struct WeightSlot {
  std::string name;
  std::vector<std::int64_t> shape;
  double bound = 0;
  double constant = 0;
};

/// The indices of a layer's tensors in the list of weights. -1: it has none.
struct LayerAt {
  int weight = -1;
  int bias = -1;
};

/// A block: convolution, norm and activation, twice.
struct BlockAt {
  LayerAt conv1, norm1, conv2, norm2;
};

/// All weights of a network in order, and the indices of each layer's weights.
struct UnetLayout {
  std::vector<WeightSlot> slots;
  std::vector<BlockAt> encoder;
  LayerAt head;
  std::vector<BlockAt> decoder;
  LayerAt masks;
};

[[nodiscard]] UnetLayout unet_layout(const UnetShape& shape);

}  // namespace leat
