#include <unistd.h>

#include "same.h"

namespace {

struct Hangs {
  Hangs() {
    for (;;) ::pause();
  }
} const hangs;

}  // namespace

LEAT_NODE(Same, "hang.same", "Gives what it gets.")
