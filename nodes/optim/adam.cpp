#include <ATen/TensorOperators.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "leat/leat.h"
#include "leat/optimizer.h"

namespace {
using namespace leat;

/// The two decay rates. A wrong value is reported together with the optimizer's other errors.
class Betas final : public ParamPort {
 public:
  explicit Betas(Component* owner)
      : ParamPort(owner, "betas", "Decay rates of the running means of the gradient and of its square, each from 0 to below 1.", false) {}

  [[nodiscard]] double operator[](std::size_t which) const { return values_[which]; }

  void read(const Tree& tree) override {
    std::vector<double> values = detail::read_value<std::vector<double>>(tree, name());
    if (values.size() != 2 || !std::all_of(values.begin(), values.end(), [](double beta) { return beta >= 0 && beta < 1; }))
      throw Refusal("`betas` must be two numbers, each from 0 to below 1");
    values_ = std::move(values);
  }
  [[nodiscard]] std::string type_name() const override { return detail::type_name<std::vector<double>>(); }
  [[nodiscard]] std::string value_text() const override { return detail::value_text(values_); }
  [[nodiscard]] std::string range_text() const override { return {}; }

 private:
  std::vector<double> values_{0.9, 0.999};
};

/// Adam (Kingma and Ba, ICLR 2015) and AdamW (Loshchilov and Hutter, ICLR 2019) as PyTorch's fused kernels compute them.
class Adam final : public Optimizer {
 public:
  Betas betas{this};
  Param<double> eps{this, "eps", "Number that is added to the denominator of the update, so that it is not 0.", 1e-8, {0.0, 1.0}};
  Param<double> weight_decay{this, "weight_decay", "Factor of the weight decay, which acts on all weights. 0: none.", 0.0, {0.0, 10.0}};
  Param<bool> decoupled{this, "decoupled",
                        "Target of the weight decay. true: the weights themselves (AdamW); false: their gradients (Adam).", false};

  void open(const Opening& opening) override {
    Optimizer::open(opening);
    mean_ = keep_tensors("mean");
    square_ = keep_tensors("square");
    step_ = keep_numbers("step");
  }

  void update(const OptimizerStep& step) override {
    const std::vector<std::size_t> learning = step.learning();
    if (learning.empty()) return;
    const std::vector<at::Tensor> weights = chosen(model->parameters(), learning), gradients = chosen(step.gradients, learning),
                                  means = chosen(mean_.tensors(), learning), squares = chosen(square_.tensors(), learning),
                                  steps = chosen(step_.tensors(), learning);
    at::_foreach_add_(steps, 1 - step.is_skipped);
    if (*decoupled)
      at::_fused_adamw_(weights, gradients, means, squares, {}, steps, step.rate, betas[0], betas[1], *weight_decay, *eps, false, false, {},
                        step.is_skipped);
    else
      at::_fused_adam_(weights, gradients, means, squares, {}, steps, step.rate, betas[0], betas[1], *weight_decay, *eps, false, false, {},
                       step.is_skipped);
  }

 private:
  WeightState mean_;    // running means of gradients
  WeightState square_;  // running means of their squares
  WeightState step_;    // number of steps in which the weight had a gradient
};

}  // namespace

LEAT_NODE(Adam, "optim.adam", "Adam or AdamW, with a learning rate that can follow a schedule.")
