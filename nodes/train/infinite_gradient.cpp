#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <cstdint>

#include "image/other_image.h"
#include "leat/leat.h"
#include "leat/model.h"
#include "leat/registry.h"
#include "leat/tensor.h"

// A node for the conformance kit only. `register_nodes` does not add it, so `leat run` does not know it.
namespace leat {
namespace {

struct InfiniteGradient final : Node {
  Input<at::Tensor> loss{this, "loss", "A scalar, float. A loss.", differentiable};
  Output<at::Tensor> spoiled{this, "spoiled", "A scalar, float. The same number.", differentiable};
  Uses<Model> model{this, "model", "The network whose first weight gets an infinite gradient."};
  Param<std::int64_t> step{this, "step", "The step in which it gets it.", 0, {0, 1'000'000'000}};

  void process(Frame& frame) const override {
    at::Tensor out = frame[loss];
    if (frame.key().step == *step && !model->parameters().empty()) {
      // The root of 0 is 0, and its derivative is infinite. The gradients of the other weights and all values stay as they are.
      const at::Tensor one = model->parameters()[0].reshape({-1}).select(0, 0);
      out = out + (one - one.detach()).sqrt();
    }
    frame.put(spoiled, out);
  }
};

}  // namespace
}  // namespace leat

/// Adds the types that the conformance kit puts into graphs.
extern "C" void leat_nodes_enter_trials(leat::Registry& registry) {
  leat::detail::register_type<leat::InfiniteGradient>(registry, "trial.infinite_gradient", "Makes one gradient infinite.",
                                                      leat::LaneKind::Device);
  leat::register_other_image(registry);
}
