#include "twins/two.h"

namespace {

struct Words final : leat::Node {
  leat::OptionalInput<Word> word{this, "word", "Any shape. A type of another C++ name."};
  leat::OptionalInput<Num> num{this, "num", "Any shape. A type of the same C++ name."};
  leat::Inputs<Num> nums{this, "nums", "Any shape. Several of these."};
  leat::Uses<Weight> weight{this, "weight", "A class of the same C++ name.", true};

  void process(leat::Frame& frame) const override { frame.metric("seen", 1); }
};

}  // namespace

LEAT_NODE(Words, "twin_two.words", "Reads words.")
