#include <unistd.h>

#include "same.h"

namespace {
using namespace leat;

struct Blocks final : Same {
  void process(Frame& frame) const override {
    while (frame.key().step > 0) ::pause();
    Same::process(frame);
  }
};

}  // namespace

LEAT_NODE(Blocks, "blocks.same", "Gives what it gets.")
