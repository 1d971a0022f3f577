#include "same.h"

namespace {
using namespace leat;

/// Counts what lives for its picture, and all rows for what it says at the end.
struct Forgets final : Node {
  Gather<Image> image{this, "image", "height x width, 8 bit. Pictures."};
  Output<Image> same{this, "same", "height x width, 8 bit. The first that lives."};
  State<std::int64_t> sum{this, "sum"};

  void process(Frame& frame) const override {
    const auto rows = frame[image];
    int first = 0;
    while (first + 1 < rows.size() && rows.weight(first) == 0) ++first;
    for (int row = 0; row < rows.size(); ++row) frame.state(sum) += rows[row].pixels.data[0] * (row + 1);
    frame.put(same, rows[first]);
  }
  void finish(Frame& frame) const override { frame.metric("sum", static_cast<double>(frame.state(sum))); }
};

}  // namespace

LEAT_NODE(Forgets, "forgets_weights.same", "Says a sum at the end.")
