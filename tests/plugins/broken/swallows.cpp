#include <exception>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};

  void process(Frame& frame) const override {
    try {
      frame.put(same, frame[image]);
    } catch (const std::exception&) {
      frame.put(same, {cv::Mat::zeros(64, 64, CV_8UC1), {}});
    }
  }
};

}  // namespace

LEAT_NODE(Same, "swallows.same", "Gives what it gets.")
