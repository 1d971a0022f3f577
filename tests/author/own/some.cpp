#include <leat/image.h>
#include <leat/leat.h>

namespace {
using namespace leat;

struct Some final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The picture, unless it was dropped."};
  Param<double> p{this, "p", "How often a picture is dropped.", 0.1, {0.0, 1.0}};

  void process(Frame& frame) const override {
    Random random = frame.random();
    if (random.chance(*p)) return frame.drop("by chance");
    frame.put(same, frame[image]);
  }
};

}  // namespace

LEAT_NODE(Some, "own.some", "Drops some pictures.")
