#include "twins/one.h"

namespace {

struct Load final : leat::Source {
  leat::Output<Num> num{this, "num", "Any shape. A number."};

  std::int64_t length() const override { return 4; }
  void process(leat::Frame& frame) const override {
    frame.identify({std::to_string(frame.draw()), "", "", {}});
    frame.put(num, {frame.draw()});
  }
};

}  // namespace

LEAT_NODE(Load, "twin_one.load", "Loads numbers.")
