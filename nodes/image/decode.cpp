#include "image/decode_image.h"
#include "image/image_contracts.h"
#include "leat/encoded.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Decode final : Node {
  Input<Encoded> file{this, "file", "A PNG, JPEG, TIFF (first page) or BMP file of 8 or 16 bit, or a TIFF of 32-bit floats."};
  Output<Image> image{
      this, "image",
      "height x width x ..., 8 or 16 bit or float. The decoded image: gray and 8 bit, unless `channels` and `depth` say otherwise. "
      "Palettes are applied, and transparency is composed over black. For gray, colour becomes luma (ITU-R 601); for 8 bit, 16-bit "
      "values are divided by 257. Each of these changes gives a warning. A 16-bit image that uses less than a quarter of its range gives "
      "one too, and so does an image that is transparent everywhere, which is read as opaque. The orientation that a file states (EXIF, "
      "TIFF) is applied, and noted for the sample."};
  Choice channels{
      this,
      "channels",
      "Channels of the image. gray: one. rgb: red, green and blue; gray is repeated. as_is: one or three, as the file has them; "
      "of an image with a file for each channel, one for each file, which must be gray and of one size.",
      "gray",
      {"gray", "rgb", "as_is"}};
  Choice depth{
      this,
      "depth",
      "Bits of the values. 8: 16-bit values are divided by 257. 16: 8-bit values are multiplied by 257. as_is: 8 or 16 bit or float, "
      "as the file has them. Floats need `as_is`; `image.window` maps them to 8 or 16 bit. Of a plugin's format, 8: as a viewer shows "
      "the image; 16: the file's values, not multiplied.",
      "8",
      {"8", "16", "as_is"}};
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
    if (const std::int64_t files = shapes.fact(file, "files", 1); files > 1 && channels != "as_is")
      throw Refusal(
          "an image of the data set has " + std::to_string(files) + " files, one for each channel, but `channels` is `" + *channels + "`",
          "channels", "set `channels: as_is`");
    const std::int64_t bits = shapes.fact(file, "bits", 0), pixels = shapes.fact(file, "pixels", 0);
    const bool is_shown = shapes.fact(file, "of a plugin", 0) == 1 && depth == "8";
    if (bits == 32 && depth != "as_is" && !is_shown)
      throw Refusal("the images have 32-bit floats, but `depth` is " + *depth, "depth",
                    "set `depth: as_is`, and put `image.window` after this node");
    Contract out = image.contract();
    const std::int64_t count = channels == "gray" ? 1 : channels == "rgb" ? 3 : shapes.fact(file, "channels", 0);
    out.is_open = count == 0;
    if (count > 1) out.dims.push_back(Dim{count, {}});
    if (depth != "as_is") out.dtype = depth == "8" ? Dtype::U8 : Dtype::U16;
    else if (bits > 0) out.dtype = bits == 8 ? Dtype::U8 : bits == 16 ? Dtype::U16 : Dtype::F32;
    shapes.set(image, out);
    if (pixels == 0) return;
    shapes.set_bytes(image, most_bytes(out, pixels));
    shapes.set_fact(image, "pixels", pixels);
  }

  void open(const Opening&) override {
    as_.channels = channels == "gray" ? DecodeAs::Channels::Gray : channels == "rgb" ? DecodeAs::Channels::Rgb : DecodeAs::Channels::AsIs;
    as_.depth = depth == "8" ? DecodeAs::Depth::Bits8 : depth == "16" ? DecodeAs::Depth::Bits16 : DecodeAs::Depth::AsIs;
    as_.at_least = *at_least;
  }

  void process(Frame& frame) const override {
    const Encoded& given = frame[file];
    DecodedImage decoded = decode_image(given.bytes, as_);
    tell(frame, decoded);
    if (!given.channels.empty()) decoded.pixels = with_further(frame, given, decoded);
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

 private:
  void tell(Frame& frame, const DecodedImage& decoded) const {
    const bool is_plain = channels == "gray" && depth == "8";
    const std::string some = is_plain ? "some images are not plain gray 8 bit: " : "some images are changed: ";
    for (const std::string& change : decoded.changes) {
      frame.note(change);
      // With another depth, the range is no change.
      const bool is_of_range = depth == "8" && !decoded.range.empty() && &change == &decoded.changes.back();
      frame.warn(some + change +
                 (is_of_range
                      ? ", so they can be dark or without contrast; to use what is there, write `with: {depth: as_is}` at this node, "
                        "and after it `windowed: {uses: image.window, in: ...}`"
                      : ""));
    }
    if (!decoded.range.empty()) frame.note(decoded.range);
    if (!decoded.turned.empty()) frame.note(decoded.turned);
  }

  [[nodiscard]] cv::Mat with_further(Frame& frame, const Encoded& given, const DecodedImage& first) const {
    if (as_.channels != DecodeAs::Channels::AsIs)
      throw std::runtime_error("the image has " + std::to_string(given.channels.size() + 1) +
                               " files, one for each channel: set `channels: as_is`");
    std::vector<cv::Mat> all{first.pixels};
    std::vector<std::string> names{given.name};
    for (const Encoded::File& one : given.channels) {
      try {
        const DecodedImage decoded = decode_image(one.bytes, as_);
        tell(frame, decoded);
        all.push_back(decoded.pixels);
        names.push_back(one.name);
      } catch (const std::runtime_error& error) {
        throw std::runtime_error("`" + one.name + "`: " + error.what());
      }
    }
    return joined_channels(all, names);
  }

  DecodeAs as_;
};

}  // namespace

LEAT_NODE(Decode, "image.decode", "Decodes an image file.")
