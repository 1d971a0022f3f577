#include <atomic>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

// In order, but what it counts with is no State.
struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};
  State<std::int64_t> seen{this, "seen"};

  void process(Frame& frame) const override {
    ++frame.state(seen);
    Image out = frame[image];
    out.pixels = out.pixels.clone();
    out.pixels.data[0] = static_cast<std::uint8_t>(count_++);
    frame.put(same, std::move(out));
  }

 private:
  mutable std::atomic<std::int64_t> count_{0};
};

}  // namespace

LEAT_NODE(Same, "forgets.same", "Gives what it gets.")
