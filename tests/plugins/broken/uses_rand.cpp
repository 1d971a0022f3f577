#include <cstdlib>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};

  void process(Frame& frame) const override {
    Image out = frame[image];
    out.pixels = out.pixels.clone();
    out.pixels.data[0] = static_cast<std::uint8_t>(std::rand());
    frame.put(same, std::move(out));
  }
};

}  // namespace

LEAT_NODE(Same, "uses_rand.same", "Gives what it gets.")
