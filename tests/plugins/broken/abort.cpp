#include <cstdio>
#include <cstdlib>

#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Ends {
  Ends() {
    std::fputs("no licence was found\n", stderr);
    std::abort();
  }
} const ends;

struct Same final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A picture."};
  Output<Image> same{this, "same", "height x width, 8 bit. The same."};

  void process(Frame& frame) const override { frame.put(same, frame.take(image)); }
};

}  // namespace

LEAT_NODE(Same, "abort.same", "Gives what it gets.")
