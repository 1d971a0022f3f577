#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "image/resample.h"
#include "image/unknown_channels.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Resize final : Node {
  Input<Image> image{this, "image", "Any size, 8 or 16 bit or float, or unknown. An image, or masks with one channel per structure."};
  Output<Image> resized{this, "resized", "H x W x ..., 8 or 16 bit or float. The image at the target size."};
  Param<int> size{this, "size", "Target width and height in pixels, unless `width` or `height` sets them.", 256, {1, 16384}};
  Param<int> width{this, "width", "Target width in pixels. 0: `size`.", 0, {0, 16384}};
  Param<int> height{this, "height", "Target height in pixels. 0: `size`.", 0, {0, 16384}};
  Choice fit{
      this,
      "fit",
      "Treatment of another aspect ratio. squash: the image is stretched; pad: the ratio is kept, the image centred and the rest filled.",
      "squash",
      {"squash", "pad"}};
  Choice border{this,
                "border",
                "Fill of the area that `fit: pad` adds. black: 0; reflect: the image mirrored at its edge pixels.",
                "black",
                {"black", "reflect"}};
  Choice method{this,
                "method",
                "Sampling. bilinear: linear weights, widened in a reduction (no aliasing); area: the mean of the pixels that an output "
                "pixel covers (no aliasing); nearest: the nearest pixel, for masks.",
                "bilinear",
                {"bilinear", "area", "nearest"}};

  void shapes(Shapes& shapes) const override {
    shapes.is_deterministic();
    const Contract in = shapes.of(image);
    Contract out{.has_shape = true,
                 .dims = {Dim{target().height, {}}, Dim{target().width, {}}},
                 .dtype = in.dtype,
                 .low = in.low,
                 .high = in.high,
                 .has_range = in.has_range && (fit != "pad" || border != "black" || (in.low <= 0 && in.high >= 0))};
    if (in.has_shape && in.dims.size() == 3) out.dims.push_back(in.dims[2]);
    else if (!in.has_shape && in.has_entries && in.entries.size > 1) out.dims.push_back(Dim{in.entries.size, {}});
    else out.is_open = in.is_open || (!in.has_shape && !(in.has_entries && in.entries.size == 1));
    out.has_entries = in.has_entries;
    out.entries = in.entries;
    out.or_unknown = has_unknown_ = in.or_unknown;
    if (has_unknown_ && !(method == "nearest"))
      throw Refusal("`image` has masks with unknown pixels, which `" + *method + "` would mix with others", "method",
                    "set `method: nearest`");
    shapes.set(resized, out);
    // An image that has the target's ratio already gets no padding.
    const bool is_known = in.dims.size() >= 2 && in.dims[0].is_known() && in.dims[1].is_known();
    if (fit != "pad" || (is_known && fitted({static_cast<int>(in.dims[1].size), static_cast<int>(in.dims[0].size)}) == target())) return;
    const int common = std::gcd(target().width, target().height);
    shapes.change_field_of_view(resized, image,
                                "fit: pad, " + std::to_string(target().width / common) + ":" + std::to_string(target().height / common));
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    const cv::Size inner = fit == "pad" ? fitted(in.pixels.size()) : target();
    const int left = (target().width - inner.width) / 2;
    const int top = (target().height - inner.height) / 2;
    const double across = static_cast<double>(inner.width) / in.width();
    const double down = static_cast<double>(inner.height) / in.height();

    Image out;
    out.placement = in.placement.then({across, 0, 0.5 * across - 0.5 + left, 0, down, 0.5 * down - 0.5 + top});
    out.pixels = scaled(in.pixels, inner);
    if (inner != target())
      cv::copyMakeBorder(cv::Mat(out.pixels), out.pixels, top, target().height - inner.height - top, left,
                         target().width - inner.width - left, border == "black" ? cv::BORDER_CONSTANT : cv::BORDER_REFLECT_101);
    if (has_unknown_) keep_unknown(in.pixels, out.pixels);
    frame.put(resized, std::move(out));
  }

 private:
  [[nodiscard]] cv::Size target() const { return {*width > 0 ? *width : *size, *height > 0 ? *height : *size}; }

  [[nodiscard]] cv::Size fitted(cv::Size in) const {
    const double scale = std::min(static_cast<double>(target().width) / in.width, static_cast<double>(target().height) / in.height);
    return {std::clamp(static_cast<int>(std::lround(in.width * scale)), 1, target().width),
            std::clamp(static_cast<int>(std::lround(in.height * scale)), 1, target().height)};
  }

  [[nodiscard]] cv::Mat scaled(const cv::Mat& pixels, cv::Size to) const {
    if (pixels.size() == to) return pixels;
    if (method == "nearest") return resample_nearest(pixels, to);
    return resample(pixels, to, method == "area" ? Filter::Box : Filter::Triangle);
  }

  mutable bool has_unknown_ = false;  ///< Of `image`. Set by `shapes`, before the first call of `process`.
};

}  // namespace

LEAT_NODE(Resize, "image.resize", "Scales images and masks to a fixed size.")
