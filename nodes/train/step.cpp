#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/maximum.h>
#include <ATen/record_function.h>
#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "leat/leat.h"
#include "leat/optimizer.h"
#include "leat/tensor.h"
#include "tensor/readout.h"
#include "train/gradients.h"
#include "train/moving_average.h"
#include "train/rank_sum.h"
#include "train/update_scope.h"

namespace {
using namespace leat;

bool has_any(const std::vector<at::Tensor>& gradients) {
  return std::any_of(gradients.begin(), gradients.end(), [](const at::Tensor& one) { return one.defined(); });
}

struct Step final : Node {
  Input<at::Tensor> loss{this, "loss", "A scalar, float.", differentiable};
  Changes<Optimizer> optimizer{this, "optimizer", "The optimizer that changes the weights."};
  Metric lr{this, "lr", Better::Neither, "Learning rate of the step.", {.low = 0}};
  Metric length{this, "gradient_norm", Better::Neither, "Norm of all gradients together, before clipping.", {.low = 0}};
  Param<double> clip{
      this, "clip", "Maximum norm of all gradients together; larger gradients are scaled down to it. 0: no clipping.", 0.0, {0.0, 1e9}};
  Param<bool> ema{this, "ema",
                  "Keeps exponential moving averages (EMA) of the weights, except of frozen ones, whose averages stay as they are.", false};
  Param<double> ema_decay{this,
                          "ema_decay",
                          "Maximum decay of the averages. At step k = 0, 1, ... the decay is the smaller of this and (1 + k) / (10 + k).",
                          0.999,
                          {0.0, 1.0}};

  void open(const Opening& opening) override {
    if (opening.ranks) over_ranks_ = std::make_unique<RankSum>(*opening.ranks, optimizer->model->parameters());
    if (!*ema) return;
    optimizer->model->start_averages();
    averages_ = optimizer->without_frozen(optimizer->model->averages());
    averaged_ = optimizer->without_frozen(optimizer->model->parameters());
  }

  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::OwnAddedUp; }
  void close() override { over_ranks_.reset(); }
  bool has_equal_steps() const override { return true; }

  void process(Frame& frame) const override {
    const FrameKey& key = frame.key();
    const at::Tensor& value = frame[loss];
    const std::vector<at::Tensor>& parameters = optimizer->model->parameters();
    const auto scalar = [&](double number) { return at::full({}, number, value.options().requires_grad(false)); };

    std::vector<at::Tensor> gradients = over_ranks_ ? over_ranks_->gradients_of(value) : gradients_of(value, parameters);
    optimizer->freeze(gradients);
    if (!has_any(gradients)) throw std::runtime_error(why_none(value));
    const at::Tensor norm = gradient_norm(gradients, value);
    if (*clip > 0) gradients = clipped(gradients, norm, *clip);
    const double rate = optimizer->learning_rate(key);
    // A step whose gradient is not finite changes nothing, so the last checkpoint is usable when the run ends with the error below.
    const at::Tensor is_skipped = 1 - at::isfinite(norm).to(at::kFloat);
    const at::NoGradGuard no_gradients;
    update({std::move(gradients), scalar(rate), scalar(static_cast<double>(key.step)), is_skipped});
    if (*ema) move_averages(averages_, averaged_, at::maximum(scalar(average_decay(*ema_decay, key.step)), is_skipped));

    frame.metric(lr, rate);
    frame.metric(length, Readout({value, norm}).later([](const std::vector<double>& numbers) {
      if (!std::isfinite(numbers[0])) throw std::runtime_error("the loss is not finite; this step changed no weight");
      if (!std::isfinite(numbers[1])) throw std::runtime_error("the loss is finite, but its gradient is not; this step changed no weight");
      return numbers[1];
    }));
  }

 private:
  void update(const OptimizerStep& step) const {
    RECORD_USER_SCOPE(update_scope);
    optimizer->update(step);
  }

  [[nodiscard]] std::string why_none(const at::Tensor& value) const {
    const std::string name = optimizer->name().empty() ? "the optimizer" : "`" + optimizer->name() + "`";
    const std::string fact = "no weight that " + name + " changes has a gradient, because ";
    return value.requires_grad()
               ? fact + "the loss depends on none of them: it uses another model, or the output of this model was detached"
               : fact + "the loss has no gradient: its inputs were detached, or computed with gradients off (at::NoGradGuard)";
  }

  std::unique_ptr<RankSum> over_ranks_;          ///< Null: one process computes the batch.
  std::vector<at::Tensor> averages_, averaged_;  ///< The averages, and the weights that they are of, without frozen ones.
};

}  // namespace

LEAT_NODE(Step, "train.step", "Computes the gradients of a loss and lets an optimizer change the network's weights.",
          leat::LaneKind::Device)
