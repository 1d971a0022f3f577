#include "keeper.h"

namespace {
using namespace leat;

struct Bump final : Node {
  Changes<Keeper> keeper{this, "keeper", "It."};
  Gather<Image> image{this, "image", "height x width, 8 bit. Pictures."};

  void process(Frame& frame) const override { frame.metric("count", static_cast<double>(++keeper->count)); }
};

}  // namespace

LEAT_NODE(Bump, "measured.bump", "Lets a keeper count.", leat::LaneKind::Device)
