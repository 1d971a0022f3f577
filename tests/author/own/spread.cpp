#include <algorithm>

#include "histogram.h"

namespace {
using namespace leat;

struct Spread final : Node {
  Input<Histogram> histogram{this, "histogram", "16, int. Counts of grays."};
  State<std::int64_t> used{this, "used"};
  State<std::int64_t> pictures{this, "pictures"};

  void process(Frame& frame) const override {
    const auto& counts = frame[histogram].counts;
    frame.state(used) += std::count_if(counts.begin(), counts.end(), [](std::int64_t count) { return count > 0; });
    ++frame.state(pictures);
  }
  void finish(Frame& frame) const override {
    frame.metric("grays", static_cast<double>(frame.state(used)) / static_cast<double>(frame.state(pictures)));
  }
};

}  // namespace

LEAT_NODE(Spread, "own.spread", "Measures how many of 16 grays a picture has.")
