#include <ATen/TensorOperators.h>
#include <ATen/ops/pow.h>
#include <leat/leat.h>
#include <leat/optimizer.h>

namespace {
using namespace leat;

/// Divides each gradient by the root of a running mean of its square (Hinton, 2012), which is corrected for its beginning at 0.
class RmsProp final : public Optimizer {
 public:
  Param<double> decay{this, "decay", "Decay of the running mean of the squared gradient.", 0.9, {0.0, 0.9999}};

  void open(const Opening& opening) override {
    Optimizer::open(opening);
    square_ = keep_tensors("square");
  }
  void update(const OptimizerStep& step) override {
    const at::Tensor correction = 1 - at::pow(*decay, step.number + 1);
    for (const std::size_t k : step.learning()) {
      const at::Tensor& gradient = step.gradients[k];
      const at::Tensor& weight = model->parameters()[k];
      step.set(square_[k], *decay * square_[k] + (1 - *decay) * gradient.square());
      step.set(weight, weight - step.rate * gradient / ((square_[k] / correction).sqrt() + 1e-8));
    }
  }

 private:
  WeightState square_;
};

}  // namespace

LEAT_NODE(RmsProp, "own.rmsprop", "Steps of about one length for each weight.")
