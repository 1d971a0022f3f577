#include "image/histogram.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Equalize final : Node {
  Input<Image> image{this, "image", "H x W, 8 bit. A gray image."};
  Output<Image> equalized{this, "equalized",
                          "H x W, 8 bit. The image with a nearly uniform distribution of values, equal to Pillow's ImageOps.equalize."};

  void shapes(Shapes& shapes) const override {
    shapes.is_deterministic();
    // The number of pixels is known for images at the size of their files.
    if (const std::int64_t pixels = shapes.fact(image, "pixels", 0); pixels > 0) shapes.set_bytes(equalized, pixels);
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    frame.put(equalized, Image{look_up(in.pixels, equalizing(histogram(in.pixels))), in.placement});
  }
};

}  // namespace

LEAT_NODE(Equalize, "image.equalize", "Equalizes the histogram of a gray image.")
