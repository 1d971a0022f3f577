#include "image/histogram.h"
#include "image/image_contracts.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Equalize final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 or 16 bit. An image."};
  Output<Image> equalized{
      this, "equalized",
      "H x W x ..., 8 or 16 bit. The image with a nearly uniform distribution of values in each channel. 8 bit: equal to Pillow's "
      "ImageOps.equalize. 16 bit: the same without rounding the number of pixels per value to a whole number."};

  void shapes(Shapes& shapes) const override {
    shapes.is_deterministic();
    const Contract out = like_input(shapes, equalized, image);
    shapes.set(equalized, out);
    // The number of pixels is known for images at the size of their files.
    if (const std::int64_t pixels = shapes.fact(image, "pixels", 0); pixels > 0) shapes.set_bytes(equalized, most_bytes(out, pixels));
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    frame.put(equalized, Image{equalized_channels(in.pixels), in.placement});
  }
};

}  // namespace

LEAT_NODE(Equalize, "image.equalize", "Equalizes the histogram of an image.")
