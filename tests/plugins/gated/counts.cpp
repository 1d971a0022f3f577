#include "count.h"

namespace {
using namespace leat;

struct Counts final : Source {
  Output<Count> value{this, "value", "A number."};
  Param<int> count{this, "count", "Numbers in one epoch.", 64, {1, 1000000}};

  std::int64_t length() const override { return *count; }
  void process(Frame& frame) const override {
    const std::int64_t place = pick(frame, *count, true);
    frame.identify({"number-" + std::to_string(place), "", "", {}});
    frame.put(value, {place});
  }
};

}  // namespace

LEAT_NODE(Counts, "gated.counts", "Draws numbers.")
