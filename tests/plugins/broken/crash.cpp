#include <csignal>

#include "same.h"

namespace {

struct Crashes {
  Crashes() { std::raise(SIGSEGV); }
} const crashes;

}  // namespace

LEAT_NODE(Same, "crash.same", "Gives what it gets.")
