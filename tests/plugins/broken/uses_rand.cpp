#include <cstdlib>

#include "same.h"

namespace {
using namespace leat;

struct Draws final : Same {
  void process(Frame& frame) const override { frame.put(same, with_first_pixel(frame[image], std::rand())); }
};

}  // namespace

LEAT_NODE(Draws, "uses_rand.same", "Gives what it gets.")
