#pragma once

#include <ATen/core/grad_mode.h>

#include "leat/leat.h"
#include "leat/model.h"

namespace leat {

/// Base class of the nodes that run a network, or a part of it, on a batch.
struct PassNode : Node {
  Choice weights{this,
                 "weights",
                 "Weights to use. live: the weights that are trained; ema: their exponential moving averages, which get no gradient.",
                 "live",
                 {"live", "ema"}};
  Param<bool> detached{this, "detached", "Records nothing for gradients, for a pass that only computes targets.", false};

 protected:
  [[nodiscard]] Weights which() const { return weights == "live" ? Weights::Live : Weights::Averaged; }
  [[nodiscard]] bool records_gradients() const { return !*detached && at::GradMode::is_enabled(); }
};

}  // namespace leat
