#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat {

/// What the weights of a multi-task U-Net are, as its settings say.
struct UnetShape {
  std::vector<int> channels;  ///< Of the encoder's stages, finest first.
  bool has_bias = true;       ///< Of the 3 x 3 convolutions.
  bool has_affine = false;    ///< Of the norms.
  int classes = 0;            ///< 0: no head.
  int masks = 0;              ///< 0: no decoder.
  int bridge_channels = 0;    ///< What the bridge adds to the decoder's first stage.
};

/// One weight: its name as in a PyTorch state dict, its shape, and how it starts: uniform between ±bound, or, with bound 0, `constant`.
struct WeightSlot {
  std::string name;
  std::vector<std::int64_t> shape;
  double bound = 0;
  double constant = 0;
};

/// Where a layer's tensors stand in the list of weights; -1 where it has none.
struct LayerAt {
  int weight = -1;
  int bias = -1;
};

/// Twice convolution, norm, activation.
struct BlockAt {
  LayerAt conv1, norm1, conv2, norm2;
};

/// All weights of a network in order, and where each layer finds its own.
struct UnetLayout {
  std::vector<WeightSlot> slots;
  std::vector<BlockAt> encoder;
  LayerAt head;
  std::vector<BlockAt> decoder;
  LayerAt masks;
};

[[nodiscard]] UnetLayout unet_layout(const UnetShape& shape);

}  // namespace leat
