#pragma once

#include <string>

#include "leat/leat.h"
#include "leat/tensor.h"
#include "model/passes.h"

namespace leat {

/// What the stages of a network share: which one, with which weights, and whether gradients may flow back through them.
struct Stage : Node {
  Uses<MultitaskUnet> model{this, "model", "The network."};
  Choice weights{
      this, "weights", "live: those that are trained; ema: their moving averages, which take no gradient.", "live", {"live", "ema"}};
  Param<bool> detached{this, "detached", "Records nothing for gradients, for a pass that only makes targets.", false};

 protected:
  [[nodiscard]] Weights which() const { return weights == "live" ? Weights::Live : Weights::Averaged; }
};

/// A stage with dropout.
struct StageWithDropout : Stage {
  Choice mode{this, "mode", "train: with the network's dropout; eval: without.", "eval", {"train", "eval"}};

 protected:
  /// The pass of this frame: each of the input's rows draws with its own key.
  [[nodiscard]] Pass pass(const Frame& frame, const Port& input) const {
    Pass out{which(), {}};
    if (mode == "eval" || *model->dropout == 0) return out;
    out.dropout.share = *model->dropout;
    for (int row = 0; row < frame.rows(input).size(); ++row) out.dropout.rows.push_back(frame.random(row).key());
    return out;
  }
};

/// Why pictures of this size cannot be the network's input; empty where they can.
[[nodiscard]] std::string wrong_size(const MultitaskUnet& network, std::int64_t height, std::int64_t width);

/// Throws Refusal for a size that is known and wrong. [setup]
void check_size(const Shapes& shapes, const Port& image, const MultitaskUnet& network);

}  // namespace leat
