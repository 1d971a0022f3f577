#include <atomic>

#include "same.h"

namespace {
using namespace leat;

struct Races final : Same {
  void process(Frame& frame) const override { frame.put(same, with_first_pixel(frame[image], count_++)); }

 private:
  mutable std::atomic<int> count_{0};
};

}  // namespace

LEAT_NODE(Races, "races.same", "Gives what it gets.")
