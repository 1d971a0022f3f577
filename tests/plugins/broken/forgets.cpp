#include <atomic>

#include "same.h"

namespace {
using namespace leat;

/// In order, but what it counts with is no State.
struct Forgets final : Same {
  State<std::int64_t> seen{this, "seen"};

  void process(Frame& frame) const override {
    ++frame.state(seen);
    frame.put(same, with_first_pixel(frame[image], count_++));
  }

 private:
  mutable std::atomic<int> count_{0};
};

}  // namespace

LEAT_NODE(Forgets, "forgets.same", "Gives what it gets.")
