#include <ATen/ops/_fused_sgd.h>

#include "leat/leat.h"
#include "leat/optimizer.h"

namespace {
using namespace leat;

/// Equals PyTorch's `torch.optim.SGD` with dampening 0. Then an initial velocity of 0 gives PyTorch's first step, so the kernel's host flag
/// `is_first_step` is not needed.
class Sgd final : public Optimizer {
 public:
  Param<double> momentum{this,
                         "momentum",
                         "Fraction of the velocity that is kept in each step. 0: no velocity; each step follows only its gradient.",
                         0.0,
                         {0.0, 0.9999}};
  Param<bool> nesterov{this, "nesterov", "Nesterov momentum, which looks one step of the velocity ahead. It needs a `momentum` above 0.",
                       false};
  Param<double> weight_decay{this,
                             "weight_decay",
                             "Factor of the weight decay: factor x weight is added to the gradient of every weight. 0: none.",
                             0.0,
                             {0.0, 10.0}};

  void survey(const Opening& opening) override {
    Optimizer::survey(opening);
    if (*nesterov && *momentum == 0) throw Refusal("`nesterov` is true, but `momentum` is 0", "nesterov", "set `momentum: 0.9`");
  }

  void open(const Opening& opening) override {
    Optimizer::open(opening);
    if (*momentum > 0) velocity_ = keep_tensors("velocity");
  }

  void update(const OptimizerStep& step) override {
    const std::vector<std::size_t> learning = step.learning();
    if (learning.empty()) return;
    const std::vector<at::Tensor> velocities = *momentum > 0 ? chosen(velocity_.tensors(), learning) : std::vector<at::Tensor>{};
    at::_fused_sgd_(chosen(model->parameters(), learning), chosen(step.gradients, learning), velocities, *weight_decay, *momentum,
                    step.rate, /*dampening=*/0, *nesterov, /*maximize=*/false, /*is_first_step=*/false, std::nullopt, step.is_skipped);
  }

 private:
  WeightState velocity_;
};

}  // namespace

LEAT_NODE(Sgd, "optim.sgd", "Stochastic gradient descent, with or without momentum, and with a learning rate that can follow a schedule.")
