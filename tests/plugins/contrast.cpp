#include <leat/image.h>
#include <leat/image_table.h>
#include <leat/leat.h>

#include <opencv2/core.hpp>

namespace {
using namespace leat;

struct Contrast final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A gray image."};
  Metric contrast{this, "contrast", Better::Higher, "Deviation of the grays of an image, mean over images.", {0, 128}, Shown::Headline};
  Metric bright{this, "bright_share", Better::Neither, "Fraction of bright images.", {0, 1}};
  State<ImageTable> rows{this, "rows"};

  void process(Frame& frame) const override {
    cv::Scalar mean, deviation;
    cv::meanStdDev(frame[image].pixels, mean, deviation);
    frame.state(rows).add(frame.sample(), {{"deviation", deviation[0]}, {"tone", mean[0] > 127 ? "bright" : "dark"}});
  }
  void finish(Frame& frame) const override {
    frame.measure(frame.state(rows), {{contrast, ImageFigure::mean({"deviation"})}, {bright, ImageFigure::share({"tone", "bright"})}});
  }
};

}  // namespace

LEAT_NODE(Contrast, "contrast.judge", "Measures the contrast of images.")
