#include "same.h"

namespace {
using namespace leat;

/// Nothing of what it says of itself is as it should be.
struct Silent final : Same {
  Input<Image> other{this, "other", "height x width, 8 bit"};
  Param<int> width{this, "width", "Pixels, of what.", 0, {1, 10}};
  Param<int> again{this, "width", "Width.", 3, {1, 10}};
};

}  // namespace

LEAT_NODE(Silent, "words.Same", "same")
