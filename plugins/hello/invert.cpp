#include <leat/image.h>
#include <leat/leat.h>

#include <opencv2/core.hpp>

namespace {
using namespace leat;

struct Invert final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. An image."};
  Output<Image> inverted{this, "inverted", "height x width, 8 bit. The image or its negative."};
  Param<double> p{this, "p", "Probability of the negative.", 0.5, {0.0, 1.0}};

  void process(Frame& frame) const override {
    Image out = frame[image];
    // Random numbers that depend only on the run's seed and on phase, occurrence, node, step and slot.
    Random random = frame.random();
    if (random.chance(*p)) {
      // A new image, because other nodes can read the pixels of this one.
      cv::Mat negative;
      cv::bitwise_not(out.pixels, negative);
      out.pixels = negative;
    }
    frame.put(inverted, std::move(out));
  }
};

}  // namespace

LEAT_NODE(Invert, "hello.invert", "Inverts an image with the probability `p`.")
