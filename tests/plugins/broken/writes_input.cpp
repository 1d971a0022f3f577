#include <opencv2/core.hpp>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};

  void process(Frame& frame) const override {
    // The copy has the pixels of the one that others read.
    Image out = frame[image];
    cv::bitwise_not(out.pixels, out.pixels);
    frame.put(same, std::move(out));
  }
};

}  // namespace

LEAT_NODE(Same, "writes_input.same", "Gives what it gets.")
