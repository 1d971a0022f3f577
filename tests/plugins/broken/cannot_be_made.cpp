#include "same.h"

namespace {

struct CannotBeMade final : Same {
  CannotBeMade() { throw 42; }
};

}  // namespace

LEAT_NODE(CannotBeMade, "cannot_be_made.same", "Throws in its constructor.")
