#include <leat/image.h>
#include <leat/leat.h>

#include <opencv2/core.hpp>

namespace {
using namespace leat;

struct Invert final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> inverted{this, "inverted", "height x width, 8 bit. The picture, or its negative."};
  Param<double> p{this, "p", "How often it is the negative.", 0.5, {0.0, 1.0}};

  void process(Frame& frame) const override {
    Image out = frame[image];
    // A stream of numbers that depends on nothing but the run's seed and this sample's place.
    Random random = frame.random();
    if (random.chance(*p)) {
      // A new picture: other nodes may read the pixels of this one.
      cv::Mat negative;
      cv::bitwise_not(out.pixels, negative);
      out.pixels = negative;
    }
    frame.put(inverted, std::move(out));
  }
};

}  // namespace

LEAT_NODE(Invert, "hello.invert", "Turns a picture into its negative, or leaves it as it is.")
