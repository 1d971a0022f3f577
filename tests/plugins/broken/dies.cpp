#include <csignal>

#include "same.h"

namespace {
using namespace leat;

struct Dies final : Same {
  void process(Frame& frame) const override {
    if (frame.key().step == 1) std::raise(SIGSEGV);
    Same::process(frame);
  }
};

}  // namespace

LEAT_NODE(Dies, "dies.same", "Gives what it gets.")
