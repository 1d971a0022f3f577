#include <atomic>

#include "same.h"

namespace {
using namespace leat;

/// In order, and only its metrics show that what it sums with is no State.
struct Memory final : Same {
  Param<bool> late{this, "late", "Tells at the end only.", false};
  State<std::int64_t> seen{this, "seen"};

  void process(Frame& frame) const override {
    frame.state(seen) = ++count_;
    if (!*late) frame.metric("count", count_);
    frame.put(same, frame.take(image));
  }
  void finish(Frame& frame) const override {
    if (*late) frame.metric("count", count_);
  }

 private:
  mutable std::atomic<int> count_{0};
};

}  // namespace

LEAT_NODE(Memory, "measured.memory", "Gives what it gets.")
