#include <opencv2/core.hpp>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};

  void process(Frame& frame) const override {
    frame.put(same, {cv::Mat::zeros(7, 5, CV_8UC1), {}});
  }
};

}  // namespace

LEAT_NODE(Same, "wrong_contract.same", "Gives what it gets.")
