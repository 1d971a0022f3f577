#include <stdexcept>

#include "augment/interval.h"
#include "augment/warp.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Affine final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 bit. A picture."};
  OptionalInput<Image> mask{this, "mask", "H x W x ..., 8 bit, of K. Its masks, of the same size."};
  Output<Image> moved{this, "image", "H x W x ..., 8 bit. The picture moved, bilinear."};
  Output<Image> moved_mask{this, "mask",
                           "H x W x ..., 8 bit, of K. The masks moved alike, nearest, 0 outside; only where masks are given."};
  Param<double> flip{this, "flip", "Probability of mirroring left to right.", 0, {0, 1}};
  Param<double> rotation_deg{this, "rotation_deg", "Most rotation about the centre, either way, degrees.", 20, {0, 180}};
  Param<std::vector<double>> scale{this, "scale", "Factors of size, .1..10.", {0.75, 1.35}};
  Param<double> aspect{this, "aspect", "Most change of the width, either way, as a fraction; the height changes inversely.", 0.1, {0, 0.9}};
  Param<double> shift{this, "shift", "Most shift along each axis, either way, as a fraction of the side.", 0.15, {0, 1}};
  Choice border{this, "border", "What moves into the picture from outside: black, or itself reflected.", "black", {"black", "reflect"}};

  void shapes(Shapes& shapes) const override {
    check_interval(scale, 0.1, 10);
    if (const Contract in = shapes.of(image); in.has_shape) shapes.set(moved, in);
    if (shapes.is_connected(mask)) {
      if (const Contract in = shapes.of(mask); in.has_shape) shapes.set(moved_mask, in);
    } else if (shapes.is_connected(moved_mask)) {
      throw Refusal("the output `mask` is read, but no masks are given", "mask");
    }
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    const Image* masks = frame[mask];
    if (masks && masks->pixels.size() != in.pixels.size())
      throw std::runtime_error("the mask is " + ValueTraits<Image>::describe(*masks) + ", the picture " + ValueTraits<Image>::describe(in));
    Random random = frame.random();
    const ToSource map = to_source(drawn(random, in.pixels.size()), in.pixels.size());
    frame.put(moved, warp(in, map, Interpolation::Bilinear, border == "black" ? Border::Black : Border::Reflect));
    if (masks) frame.put(moved_mask, warp(*masks, map, Interpolation::Nearest, Border::Black));
  }

 private:
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
};

}  // namespace

LEAT_NODE(Affine, "augment.affine", "Moves a picture and its masks together: flip, scale, aspect, rotation and shift.")
