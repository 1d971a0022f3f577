#include "augment/view.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Weak final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 bit. A picture."};
  Output<Image> view{this, "view", "H x W x ..., 8 bit. The picture, perhaps mirrored, shifted by up to `pad`, reflected at its borders."};
  Param<double> flip{this, "flip", "Probability of mirroring left to right.", 0.5, {0, 1}};
  Param<double> pad{this, "pad", "Reflect padding before a random crop, as a fraction of each side; 0: none.", 0.125, {0, 0.5}};
  Param<std::int64_t> hold{this, "hold", "Steps over which an image keeps its view; 1: it is drawn anew each time.", 1, {1, INT64_MAX}};

  void shapes(Shapes& shapes) const override {
    if (const Contract in = shapes.of(image); in.has_shape) shapes.set(view, in);
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    Random random = *hold > 1 ? held(frame) : frame.random();
    frame.put(view, crop_view(in, draw_view(random, in.pixels.size(), *flip, *pad)));
  }

 private:
  /// Keyed by the image and not by its slot.
  [[nodiscard]] Random held(const Frame& frame) const {
    RandomKey key = frame.random().key();
    key.step = static_cast<std::uint32_t>(frame.key().step / *hold);
    key.slot = RandomKey::of(0, frame.sample().id, "")[0];
    return Random(key);
  }
};

}  // namespace

LEAT_NODE(Weak, "augment.weak", "A weak view of a picture: flip, reflect padding and random crop.")
