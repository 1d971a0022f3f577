#include <leat/image.h>
#include <leat/leat.h>

namespace {
using namespace leat;

struct Show final : Node {
  Input<Image> image{this, "image", "Any size, 8 bit. Of a sample with facts."};

  void process(Frame& frame) const override {
    std::string said = frame.sample().id;
    for (const auto& [name, value] : frame.sample().facts) said += "; " + name + ": " + value;
    frame.warn(said);
  }
};

}  // namespace

LEAT_NODE(Show, "facts.show", "Says what a sample's facts are.")
