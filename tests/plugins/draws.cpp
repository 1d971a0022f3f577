#include "same.h"

namespace {
using namespace leat;

struct Draws final : Same {
  void process(Frame& frame) const override {
    frame.put(same, with_first_pixel(frame[image], static_cast<int>(frame.random().below(200))));
  }
};

}  // namespace

LEAT_NODE(Draws, "draws.same", "Gives what it gets, but for a pixel.")
