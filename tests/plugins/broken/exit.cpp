#include <unistd.h>

#include "same.h"

namespace {

struct Exits {
  Exits() { ::_exit(0); }
} const exits;

}  // namespace

LEAT_NODE(Same, "exit.same", "Gives what it gets.")
