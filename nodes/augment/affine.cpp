#include <algorithm>
#include <stdexcept>

#include "augment/drawing.h"
#include "augment/interval.h"
#include "image/depths.h"
#include "image/image_contracts.h"
#include "image/unknown_channels.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Affine final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 or 16 bit or float. An image."};
  OptionalInput<Image> mask{this, "mask", "H x W x ..., 8 bit, of K, or unknown. The image's masks, of the same size."};
  Output<Image> moved{this, "image", "H x W x ..., 8 or 16 bit or float. The transformed image, sampled bilinearly."};
  Output<Image> moved_mask{this, "mask",
                           "H x W x ..., 8 bit, of K. The masks after the same transformation, sampled nearest-neighbour, 0 outside the "
                           "source, where there is nothing to see. A structure that is unknown in the image stays unknown everywhere. "
                           "Available only if `mask` is connected."};
  Param<double> flip{this, "flip", "Probability of mirroring left to right.", 0, {0, 1}};
  Param<double> rotation_deg{this, "rotation_deg", "Maximum rotation about the centre, in either direction, in degrees.", 20, {0, 180}};
  Param<std::vector<double>> scale{
      this, "scale", "Interval of the size factor, [low, high], each 0.1..10. The factor is drawn uniformly.", {0.75, 1.35}};
  Param<double> aspect{
      this, "aspect", "Maximum change of the width, up or down, as a fraction. The height changes by the inverse factor.", 0.1, {0, 0.9}};
  Param<double> shift{this, "shift", "Maximum shift along each axis, in either direction, as a fraction of the side.", 0.15, {0, 1}};
  Choice border{this,
                "border",
                "Fill of the image outside the source. black: 0; reflect: the source mirrored at its edge pixels.",
                "black",
                {"black", "reflect"}};

  void shapes(Shapes& shapes) const override {
    check_interval(scale, 0.1, 10);
    shapes.change_field_of_view(moved, image, "");
    Contract out = like_input(shapes, moved, image);
    if (out.has_range && border == "black") out.low = std::min(out.low, 0.0), out.high = std::max(out.high, 0.0);
    shapes.set(moved, out);
    if (shapes.is_connected(mask)) {
      const Contract in = shapes.of(mask);
      has_unknown_ = in.or_unknown;
      Contract out = in.has_shape ? in : moved_mask.contract();
      out.or_unknown = in.or_unknown;
      if (in.has_shape || has_unknown_) shapes.set(moved_mask, out);
      shapes.check_field_of_view(image, mask);
      shapes.change_field_of_view(moved_mask, mask, "");
    } else if (shapes.is_connected(moved_mask)) {
      throw Refusal("the output `mask` is connected, but the input `mask` is not", "mask");
    }
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    const Image* masks = frame[mask];
    if (masks && masks->pixels.size() != in.pixels.size())
      throw std::runtime_error("the mask is " + ValueTraits<Image>::describe(*masks) + ", but the image is " +
                               ValueTraits<Image>::describe(in));
    Random random = frame.random();
    const ToSource map = to_source(drawn(random, in.pixels.size()), in.pixels.size());
    frame.put(moved, warped(in, map, Interpolation::Bilinear, border == "black" ? Border::Black : Border::Reflect));
    if (!masks) return;
    Image moved_masks = warped(*masks, map, Interpolation::Nearest, Border::Black);
    if (has_unknown_) keep_unknown(masks->pixels, moved_masks.pixels);
    frame.put(moved_mask, std::move(moved_masks));
  }

 private:
  [[nodiscard]] static Image warped(const Image& image, const ToSource& map, Interpolation interpolation, Border border) {
    return of_depth(image.pixels, [&](auto value) {
      DrawingOf<decltype(value)> drawing(image);
      drawing.warp(map, interpolation, border);
      return drawing.drawn();
    });
  }

  [[nodiscard]] Motion drawn(Random& random, cv::Size size) const {
    Motion motion;
    motion.is_flipped = random.chance(*flip);
    motion.rotation_deg = random.uniform(-*rotation_deg, *rotation_deg);
    const double factor = draw(random, *scale);
    const double wider = 1 + random.uniform(-*aspect, *aspect);
    motion.width_factor = factor * wider;
    motion.height_factor = factor / wider;
    motion.right_px = random.uniform(-*shift, *shift) * size.width;
    motion.down_px = random.uniform(-*shift, *shift) * size.height;
    return motion;
  }

  mutable bool has_unknown_ = false;  ///< Of `mask`. Set by `shapes`, before the first call of `process`.
};

}  // namespace

LEAT_NODE(Affine, "augment.affine", "Transforms an image and its masks together at random: flip, scale, aspect, rotation and shift.")
