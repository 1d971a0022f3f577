#include <random>

#include "same.h"

namespace {
using namespace leat;

struct Draws final : Same {
  void process(Frame& frame) const override {
    // Every slot has numbers of its own, which are the same in every run.
    std::mt19937 numbers(static_cast<unsigned>(frame.key().step * 1000 + frame.key().slot));
    frame.put(same, with_first_pixel(frame[image], static_cast<int>(numbers() % 200)));
  }
};

}  // namespace

LEAT_NODE(Draws, "own_numbers.same", "Gives what it gets.")
