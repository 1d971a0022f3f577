#include <stdexcept>

#include "count.h"

namespace {
using namespace leat;

struct Learn final : Node {
  Gather<Count> counts{this, "counts", "Numbers."};
  Changes<Weight> weight{this, "weight", "What learns them."};
  Param<std::string> built_after{this, "built_after", "The file that the graph's check waits for.", ""};
  Param<std::string> waits_for{this, "waits_for", "The file that one step waits for.", ""};
  Param<int> at{this, "at", "That step.", 0, {0, 1000000}};
  Param<bool> fails{this, "fails", "That step fails.", false};
  Param<int> pause_ms{this, "pause_ms", "Milliseconds that a step takes.", 0, {0, 1000}};

  void shapes(Shapes&) const override { pass_gate(*built_after); }
  void process(Frame& frame) const override {
    if (frame.key().step == *at) pass_gate(*waits_for);
    if (frame.key().step == *at && *fails) throw std::runtime_error("it was told to fail");
    std::this_thread::sleep_for(std::chrono::milliseconds(*pause_ms));
    const Rows<Count> rows = frame[counts];
    for (int k = 0; k < rows.size(); ++k) weight->add(rows[k].value);
    frame.metric("loss", static_cast<double>(weight->value % 1000));
  }
};

}  // namespace

LEAT_NODE(Learn, "gated.learn", "Learns numbers.", leat::LaneKind::Device)
