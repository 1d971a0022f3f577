#include "image/histogram.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Equalize final : Node {
  Input<Image> image{this, "image", "H x W, 8 bit. A gray picture."};
  Output<Image> equalized{this, "equalized", "H x W, 8 bit. The same with nearly uniform values, as Pillow's ImageOps.equalize."};

  void shapes(Shapes& shapes) const override {
    // Of pictures as large as their files are.
    if (const std::int64_t pixels = shapes.fact(image, "pixels", 0); pixels > 0) shapes.set_bytes(equalized, pixels);
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    frame.put(equalized, Image{leat::equalize(in.pixels), in.placement});
  }
};

}  // namespace

LEAT_NODE(Equalize, "image.equalize", "Spreads the values of a gray picture by its histogram.")
