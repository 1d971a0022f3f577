#include <unistd.h>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};

  void process(Frame& frame) const override {
    if (frame.key().step < 1) return frame.put(same, frame.take(image));
    for (;;) ::pause();
  }
};

}  // namespace

LEAT_NODE(Same, "blocks.same", "Gives what it gets.")
