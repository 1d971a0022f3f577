#include "same.h"

namespace {
using namespace leat;

/// Its metric is read from what the next call changes.
struct LateMetric final : Same {
  State<std::int64_t> seen{this, "seen"};

  void process(Frame& frame) const override {
    std::int64_t& now = frame.state(seen);
    ++now;
    frame.metric("seen", [&now] { return static_cast<double>(now); });
    frame.put(same, frame[image]);
  }
};

}  // namespace

LEAT_NODE(LateMetric, "late_metric.same", "Gives what it gets.")
