#include <opencv2/core.hpp>

#include "same.h"

namespace {
using namespace leat;

struct Shrinks final : Same {
  void process(Frame& frame) const override { frame.put(same, {cv::Mat::zeros(7, 5, CV_8UC1), {}}); }
};

}  // namespace

LEAT_NODE(Shrinks, "wrong_contract.same", "Gives what it gets.")
