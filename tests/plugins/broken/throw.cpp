#include <stdexcept>

#include "same.h"

namespace {

struct Throws {
  Throws() { throw std::runtime_error("no licence was found"); }
} const throws;

}  // namespace

LEAT_NODE(Same, "throw.same", "Gives what it gets.")
