#include <csignal>

#include "same.h"

namespace {

struct DiesMade final : Same {
  DiesMade() { std::raise(SIGSEGV); }
};

}  // namespace

LEAT_NODE(DiesMade, "dies_made.same", "Crashes in its constructor.")
