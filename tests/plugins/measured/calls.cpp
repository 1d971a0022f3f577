#include <atomic>

#include "same.h"

namespace {
using namespace leat;

/// Only its metric depends on the order of calls.
struct Calls final : Same {
  void process(Frame& frame) const override {
    frame.metric("kept", frame.key().slot == 0 ? count_.load() : 0);
    ++count_;
    frame.put(same, frame.take(image));
  }

 private:
  mutable std::atomic<int> count_{0};
};

}  // namespace

LEAT_NODE(Calls, "measured.calls", "Gives what it gets.")
