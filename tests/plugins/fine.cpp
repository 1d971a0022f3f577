#include "same.h"

namespace {

struct Fine final : Same {
  leat::Param<int> unused{this, "unused", "Nothing depends on it.", 3, {1, 9}};
};

}  // namespace

LEAT_NODE(Fine, "fine.same", "Gives what it gets.")
