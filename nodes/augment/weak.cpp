#include "augment/drawing.h"
#include "image/depths.h"
#include "image/image_contracts.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Weak final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 or 16 bit or float. An image."};
  Output<Image> view{this, "view",
                     "H x W x ..., 8 or 16 bit or float. The image after flip and crop, of the same size. Its borders are reflected."};
  Param<double> flip{this, "flip", "Probability of mirroring left to right.", 0.5, {0, 1}};
  Param<double> pad{this, "pad", "Reflect padding before a random crop, as a fraction of each side. 0: no crop.", 0.125, {0, 0.5}};
  Param<std::int64_t> hold{this,
                           "hold",
                           "Number of consecutive steps, counted from step 0, in which an image keeps its view. 1: a new view each time.",
                           1,
                           {1, INT64_MAX}};

  void shapes(Shapes& shapes) const override {
    shapes.set(view, like_input(shapes, view, image));
    if (*flip > 0 || *pad > 0) shapes.change_field_of_view(view, image, "");
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    Random random = *hold > 1 ? held(frame) : frame.random();
    const View drawn = draw_view(random, in.pixels.size(), *flip, *pad);
    frame.put(view, of_depth(in.pixels, [&](auto value) {
                DrawingOf<decltype(value)> drawing(in);
                drawing.crop(drawn);
                return drawing.drawn();
              }));
  }

 private:
  /// Returns random numbers that depend on the image's id, not on its slot, and change after `hold` steps.
  [[nodiscard]] Random held(const Frame& frame) const {
    RandomKey key = frame.random().key();
    key.step = static_cast<std::uint32_t>(frame.key().step / *hold);
    key.slot = RandomKey::of(0, frame.sample().id, "")[0];
    return Random(key);
  }
};

}  // namespace

LEAT_NODE(Weak, "augment.weak", "Makes a weak view of an image: flip, reflect padding and random crop.")
