#include <algorithm>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "augment/interval.h"
#include "augment/pool.h"
#include "image/depths.h"
#include "image/image_contracts.h"
#include "leat/leat.h"

namespace {
using namespace leat;

/// The strong view of MultiMix (arXiv 2110.13185), after RandAugment (arXiv 1909.13719), with factors both below and above 1.
struct Strong final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 or 16 bit. An image, gray or R, G, B."};
  Output<Image> view{
      this, "view",
      "H x W x ..., 8 or 16 bit. The image after flip, crop, the drawn operations and cutout, in this order. With 8 bit, autocontrast, "
      "brightness, contrast, equalize, posterize, sharpness and solarize equal Pillow's, also for colour: each channel is changed by "
      "itself, "
      "and contrast is about the mean of the luma. With 16 bit they are the same over 0..65535."};
  Param<double> flip{this, "flip", "Probability of mirroring left to right.", 0.5, {0, 1}};
  Param<double> pad{this, "pad", "Reflect padding before a random crop, as a fraction of each side. 0: no crop.", 0.0625, {0, 0.5}};
  Param<std::vector<int>> operations{
      this,
      "operations",
      "Interval of the number of operations, [low, high], each 0..32. Each operation is drawn from the whole pool, so it can repeat.",
      {2, 2}};
  Param<std::vector<std::string>> pool{this, "pool", "Names of the operations to draw from, with equal probabilities.", operation_names()};
  Param<double> p{this, "p", "Probability that a drawn operation is applied.", 0.7, {0, 1}};
  Param<std::vector<double>> brightness{
      this, "brightness", "Interval of the brightness factor, [low, high], each 0..10. 0: black; 1: unchanged.", {0.4, 1.6}};
  Param<std::vector<double>> contrast{
      this, "contrast", "Interval of the contrast factor, [low, high], each 0..10. 0: the mean everywhere; 1: unchanged.", {0.3, 1.7}};
  Param<std::vector<double>> sharpness{
      this,
      "sharpness",
      "Interval of the sharpness factor, [low, high], each 0..10. 0: smoothed; 1: unchanged; above 1: sharper.",
      {0.05, 3}};
  Param<std::vector<int>> posterize_bits{
      this, "posterize_bits", "Interval of the number of upper bits that posterize keeps, [low, high], each 1..8.", {3, 6}};
  Param<int> solarize_from{
      this,
      "solarize_from",
      "Lowest solarize threshold. The threshold is drawn from this value to 255; pixel values at or above it are inverted. For 16 bit, the "
      "threshold is multiplied by 257.",
      160,
      {0, 255}};
  Param<double> rotate_deg{this, "rotate_deg", "Maximum rotation about the centre, in either direction, in degrees.", 30, {0, 180}};
  Param<double> shear{this, "shear", "Maximum shear about the centre, in either direction, in pixels per row or column.", 0.3, {0, 1}};
  Param<double> translate{this,
                          "translate",
                          "Maximum shift, in either direction, as a fraction of the side. The shift is rounded to whole pixels.",
                          0.2,
                          {0, 1}};
  Choice interpolation{this,
                       "interpolation",
                       "Sampling of rotated and sheared images. bilinear: interpolates four pixels; nearest: takes the nearest pixel.",
                       "bilinear",
                       {"bilinear", "nearest"}};
  Choice border{this,
                "border",
                "Fill outside the source after rotation, shear or shift. reflect: the image mirrored at its edge pixels; black: 0.",
                "reflect",
                {"reflect", "black"}};
  Param<double> cutout{
      this, "cutout", "Size of a black rectangle at a random place, as a fraction of the image's width and height. 0: none.", 0, {0, 1}};

  void shapes(Shapes& shapes) const override {
    check_interval(operations, 0, 32);
    check_interval(brightness, 0, 10);
    check_interval(contrast, 0, 10);
    check_interval(sharpness, 0, 10);
    check_interval(posterize_bits, 1, 8);
    if (pool->empty()) throw Refusal("`pool` is empty", "pool", "to draw no operation, set `operations: [0, 0]`");
    for (const std::string& name : *pool)
      if (!find_operation(name)) throw Refusal("there is no operation `" + name + "`", "pool", name_hint(name, operation_names()));
    check_gray_or_colour(shapes, image);
    shapes.set(view, like_input(shapes, view, image));
    if (has_motion()) shapes.change_field_of_view(view, image, "");
  }

  void open(const Opening&) override {
    for (const std::string& name : *pool) drawn_from_.push_back(*find_operation(name));
    magnitudes_ = {*brightness,
                   *contrast,
                   *sharpness,
                   *posterize_bits,
                   *solarize_from,
                   *rotate_deg,
                   *shear,
                   *translate,
                   interpolation == "nearest" ? Interpolation::Nearest : Interpolation::Bilinear,
                   border == "black" ? Border::Black : Border::Reflect};
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    if (const std::string why = neither_gray_nor_colour(in.channels()); !why.empty()) throw std::runtime_error(why);
    Random random = frame.random();
    frame.put(view, of_whole_depth(in.pixels, [&](auto value) { return drawn<decltype(value)>(in, random); }));
  }

 private:
  template <class T>
  [[nodiscard]] Image drawn(const Image& in, Random& random) const {
    DrawingOf<T> drawing(in);
    drawing.crop(draw_view(random, drawing.size(), *flip, *pad));
    const int count = draw(random, *operations);
    for (int k = 0; k < count; ++k) {
      const Operation operation = drawn_from_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(drawn_from_.size())))];
      if (random.chance(*p)) apply(operation, drawing, magnitudes_, random);
    }
    if (*cutout > 0) cut(drawing, random);
    return drawing.drawn();
  }

  [[nodiscard]] bool has_motion() const {
    if (*flip > 0 || *pad > 0) return true;
    const bool is_any_applied = *p > 0 && operations->at(1) > 0;
    return is_any_applied &&
           std::any_of(pool->begin(), pool->end(), [](const std::string& name) { return moves_pixels(*find_operation(name)); });
  }

  /// Blackens a rectangle. Its centre is anywhere in the image, so parts of it can be outside.
  template <class T>
  void cut(DrawingOf<T>& drawing, Random& random) const {
    const cv::Size size = drawing.size();
    const int width = std::max(1, cvRound(*cutout * size.width));
    const int height = std::max(1, cvRound(*cutout * size.height));
    const int x = static_cast<int>(random.below(size.width)) - width / 2;
    const int y = static_cast<int>(random.below(size.height)) - height / 2;
    drawing.blacken({x, y, width, height});
  }

  std::vector<Operation> drawn_from_;
  Magnitudes magnitudes_;
};

}  // namespace

LEAT_NODE(Strong, "augment.strong", "Makes a strong view of an image: flip, crop, operations drawn from a pool, and cutout.")
