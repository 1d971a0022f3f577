#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

/// Nothing of what it says of itself is as it should be.
struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit"};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};
  Param<int> width{this, "width", "Pixels, of what.", 0, {1, 10}};
  Param<int> again{this, "width", "The same name.", 3, {1, 10}};

  void process(Frame& frame) const override { frame.put(same, frame.take(image)); }
};

}  // namespace

LEAT_NODE(Same, "words.Same", "same")
