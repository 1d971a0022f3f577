#include "grays.h"

namespace {
using namespace leat;

/// Ignores the weights of rows.
struct MeanGray final : Node {
  Input<Grays> grays{this, "grays", "N, int. Grays."};

  void process(Frame& frame) const override {
    double sum = 0;
    for (const std::int64_t gray : frame[grays].of_rows) sum += static_cast<double>(gray);
    frame.metric("gray", sum / static_cast<double>(frame[grays].of_rows.size()));
  }
};

}  // namespace

LEAT_NODE(MeanGray, "unseen.mean", "The mean of all rows.")
