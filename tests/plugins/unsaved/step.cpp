#include "weight.h"

namespace {
using namespace leat;

struct Step final : Node {
  Changes<Momentum> momentum{this, "momentum", "It."};
  Input<Sum> sum{this, "sum", "A scalar."};

  void process(Frame& frame) const override { momentum->update(frame[sum].value % 1009); }
};

}  // namespace

LEAT_NODE(Step, "unsaved.step", "Lets a weight learn.", leat::LaneKind::Device)
