#include <stdexcept>

#include "same.h"

namespace {
using namespace leat;

struct Throws final : Same {
  void open(const Opening&) override { throw std::runtime_error("no licence was found"); }
};

}  // namespace

LEAT_NODE(Throws, "open_throws.same", "Gives what it gets.")
