#include <vector>

#include "same.h"

namespace {
using namespace leat;

struct Leaks final : Same {
  void process(Frame& frame) const override {
    new std::vector<char>(10000);
    Same::process(frame);
  }
};

}  // namespace

LEAT_NODE(Leaks, "leaks.same", "Gives what it gets.")
