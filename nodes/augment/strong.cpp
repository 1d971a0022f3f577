#include <algorithm>
#include <opencv2/core.hpp>

#include "augment/interval.h"
#include "augment/pool.h"
#include "augment/view.h"
#include "leat/leat.h"

namespace {
using namespace leat;

/// MultiMix (arXiv 2110.13185), after RandAugment (arXiv 1909.13719), with magnitudes to both sides of the picture as it is.
struct Strong final : Node {
  Input<Image> image{this, "image", "H x W, 8 bit. A gray picture."};
  Output<Image> view{this, "view", "H x W, 8 bit. The picture mirrored, shifted, changed by what was drawn, with a square cut out."};
  Param<double> flip{this, "flip", "Probability of mirroring left to right.", 0.5, {0, 1}};
  Param<double> pad{this, "pad", "Reflect padding before a random crop, as a fraction of each side; 0: none.", 0.0625, {0, 0.5}};
  Param<std::vector<int>> operations{this, "operations", "Fewest and most operations drawn, 0..32, each from the whole pool.", {2, 2}};
  Param<std::vector<std::string>> pool{this, "pool", "The operations to draw from, equally likely.", operation_names()};
  Param<double> p{this, "p", "Probability that a drawn operation is applied.", 0.7, {0, 1}};
  Param<std::vector<double>> brightness{this, "brightness", "Factors, 0..10: 0 is black, 1 the picture.", {0.4, 1.6}};
  Param<std::vector<double>> contrast{this, "contrast", "Factors, 0..10: 0 is the mean everywhere, 1 the picture.", {0.3, 1.7}};
  Param<std::vector<double>> sharpness{this, "sharpness", "Factors, 0..10: 0 is smoothed, 1 the picture.", {0.05, 3}};
  Param<std::vector<int>> posterize_bits{this, "posterize_bits", "Bits kept, 1..8.", {3, 6}};
  Param<int> solarize_from{this, "solarize_from", "Least threshold from which values are inverted; it is drawn up to 255.", 160, {0, 255}};
  Param<double> rotate_deg{this, "rotate_deg", "Most rotation about the centre, either way, degrees.", 30, {0, 180}};
  Param<double> shear{this, "shear", "Most shear about the centre, either way, pixels a row or column.", 0.3, {0, 1}};
  Param<double> translate{this, "translate", "Most shift, either way, as a fraction of the side, by whole pixels.", 0.2, {0, 1}};
  Choice interpolation{this, "interpolation", "How rotated and sheared pictures are sampled.", "bilinear", {"bilinear", "nearest"}};
  Choice border{this, "border", "What moves in from outside: the picture reflected, or black.", "reflect", {"reflect", "black"}};
  Param<double> cutout{this, "cutout", "Side of a black square at a random place, as a fraction of the picture's; 0: none.", 0, {0, 1}};

  void shapes(Shapes&) const override {
    check_interval(operations, 0, 32);
    check_interval(brightness, 0, 10);
    check_interval(contrast, 0, 10);
    check_interval(sharpness, 0, 10);
    check_interval(posterize_bits, 1, 8);
    if (pool->empty()) throw Refusal("`pool` is empty", "pool", "`operations: [0, 0]` draws none");
    for (const std::string& name : *pool)
      if (!find_operation(name)) throw Refusal("there is no operation `" + name + "`", "pool", name_hint(name, operation_names()));
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
    Random random = frame.random();
    Image out = crop_view(frame[image], draw_view(random, frame[image].pixels.size(), *flip, *pad));
    const int count = draw(random, *operations);
    for (int k = 0; k < count; ++k) {
      const Operation operation = drawn_from_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(drawn_from_.size())))];
      if (random.chance(*p)) out = apply(operation, out, magnitudes_, random);
    }
    if (*cutout > 0) cut(out.pixels, random);
    frame.put(view, std::move(out));
  }

 private:
  /// The square's centre lies anywhere in the picture, so parts of it may lie outside. The pixels are this view's own.
  void cut(cv::Mat& pixels, Random& random) const {
    const int width = std::max(1, cvRound(*cutout * pixels.cols));
    const int height = std::max(1, cvRound(*cutout * pixels.rows));
    const int x = static_cast<int>(random.below(pixels.cols)) - width / 2;
    const int y = static_cast<int>(random.below(pixels.rows)) - height / 2;
    pixels(cv::Rect(x, y, width, height) & cv::Rect(0, 0, pixels.cols, pixels.rows)).setTo(0);
  }

  std::vector<Operation> drawn_from_;
  Magnitudes magnitudes_;
};

}  // namespace

LEAT_NODE(Strong, "augment.strong", "A strong view of a picture: flip, crop, then operations drawn from a pool, and a cut-out square.")
