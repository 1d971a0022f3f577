#include "image/decode_gray.h"
#include "leat/encoded.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Decode final : Node {
  Input<Encoded> file{this, "file", "A PNG, JPEG, TIFF (first page) or BMP file of 8 or 16 bit."};
  Output<Image> image{
      this, "image",
      "height x width, 8 bit. The decoded image, gray. Colour becomes luma (ITU-R 601), 16-bit values are divided by 257, and transparency "
      "is composed over black. Each of these gives a warning. A 16-bit image that uses less than a quarter of its range gives one too, and "
      "so does an image that is transparent everywhere, which is read as opaque. The orientation that a file states (EXIF, TIFF) is "
      "applied, and noted for the sample."};

  Param<int> at_least{
      this,
      "at_least",
      "Decodes a JPEG at a half, a quarter or an eighth of its size, the smallest of which width and height are at least so many pixels. "
      "That is faster if the image is reduced afterwards: use the target size. The values differ a little from those of the whole image "
      "after `image.resize`. 0: the whole image.",
      0,
      {0, 16384}};

  void shapes(Shapes& shapes) const override {
    shapes.is_deterministic();
    if (const std::int64_t pixels = shapes.fact(file, "pixels", 0); pixels > 0) {
      shapes.set_bytes(image, pixels);
      shapes.set_fact(image, "pixels", pixels);
    }
  }

  void process(Frame& frame) const override {
    DecodedGray decoded = decode_gray(frame[file].bytes, *at_least);
    for (const std::string& change : decoded.changes) {
      frame.note(change);
      frame.warn("some images are not plain gray 8 bit: " + change);
    }
    if (!decoded.range.empty()) frame.note(decoded.range);
    if (!decoded.turned.empty()) frame.note(decoded.turned);
    Image out{.pixels = std::move(decoded.pixels)};
    if (decoded.reduction > 1) {
      // Also if the last pixel of a side stands for fewer pixels than the others.
      const double scale = 1.0 / decoded.reduction;
      out.placement.source_width = decoded.whole.width;
      out.placement.source_height = decoded.whole.height;
      out.placement = out.placement.then({scale, 0, 0.5 * scale - 0.5, 0, scale, 0.5 * scale - 0.5});
    } else {
      out.placement.source_width = out.width();
      out.placement.source_height = out.height();
    }
    frame.put(image, std::move(out));
  }
};

}  // namespace

LEAT_NODE(Decode, "image.decode", "Decodes an image file as gray 8 bit.")
