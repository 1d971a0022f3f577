#include "weight.h"

namespace {
using namespace leat;

struct Forward final : Node {
  Uses<Weight> weight{this, "weight", "It."};
  Gather<Image> image{this, "image", "height x width, 8 bit. Pictures."};
  Output<Sum> sum{this, "sum", "A scalar. The weighted sum of a pixel of each."};

  void process(Frame& frame) const override {
    const auto rows = frame[image];
    Sum out;
    for (int row = 0; row < rows.size(); ++row)
      if (rows.weight(row) > 0) out.value += weight->value * (1 + rows[row].pixels.data[rows[row].pixels.total() / 2]);
    frame.put(sum, out);
  }
};

}  // namespace

LEAT_NODE(Forward, "unsaved.forward", "Multiplies by a weight.", leat::LaneKind::Device)
