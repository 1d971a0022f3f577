#include "augment/view.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Weak final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 bit. A picture."};
  Output<Image> view{this, "view", "H x W x ..., 8 bit. The picture, perhaps mirrored, shifted by up to `pad`, reflected at its borders."};
  Param<double> flip{this, "flip", "Probability of mirroring left to right.", 0.5, {0, 1}};
  Param<double> pad{this, "pad", "Reflect padding before a random crop, as a fraction of each side; 0: none.", 0.125, {0, 0.5}};

  void shapes(Shapes& shapes) const override {
    if (const Contract in = shapes.of(image); in.has_shape) shapes.set(view, in);
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    Random random = frame.random();
    frame.put(view, crop_view(in, draw_view(random, in.pixels.size(), *flip, *pad)));
  }
};

}  // namespace

LEAT_NODE(Weak, "augment.weak", "A weak view of a picture: flip, reflect padding and random crop.")
