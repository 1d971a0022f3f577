#include "same.h"

namespace {
using namespace leat;

/// Gives one metric as a number and as a function, of which the mean is reported.
struct BothWays final : Same {
  void process(Frame& frame) const override {
    frame.metric("seen", 1.0);
    frame.metric("seen", [] { return 3.0; });
    frame.put(same, frame[image]);
  }
};

}  // namespace

LEAT_NODE(BothWays, "both_ways.same", "Gives what it gets.")
