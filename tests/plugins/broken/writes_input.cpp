#include <opencv2/core.hpp>

#include "same.h"

namespace {
using namespace leat;

struct Writes final : Same {
  void process(Frame& frame) const override {
    // The copy has the pixels of the one that others read.
    Image out = frame[image];
    cv::bitwise_not(out.pixels, out.pixels);
    frame.put(same, std::move(out));
  }
};

}  // namespace

LEAT_NODE(Writes, "writes_input.same", "Gives what it gets.")
