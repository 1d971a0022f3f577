#include <stdexcept>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Throws {
  Throws() { throw std::runtime_error("no licence was found"); }
} const throws;

struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};

  void process(Frame& frame) const override { frame.put(same, frame.take(image)); }
};

}  // namespace

LEAT_NODE(Same, "throw.same", "Gives what it gets.")
