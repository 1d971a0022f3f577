#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/pow.h>
#include <leat/label.h>
#include <leat/leat.h>
#include <leat/row_weights.h>

namespace {
using namespace leat;

// Lin et al., "Focal loss for dense object detection", ICCV 2017.
struct Focal final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits.", differentiable};
  Gather<Label> label{this, "label", "One of C. The class of each sample."};
  Output<LossTerm> term{this, "term", "Sum of the samples' focal losses, and their number.", differentiable};
  Param<double> gamma{this, "gamma", "How much less the samples count that the network is sure of. 0: cross-entropy.", 2.0, {0.0, 10.0}};

  void process(Frame& frame) const override {
    const at::Tensor& scores = frame[logits];
    const Rows<Label> labels = frame[label];
    at::Tensor classes = at::empty({labels.size(), 1}, at::kLong);
    for (int row = 0; row < labels.size(); ++row) classes.mutable_data_ptr<std::int64_t>()[row] = labels[row].index;
    const at::Tensor likely = at::log_softmax(scores, 1).gather(1, classes.to(scores.device())).squeeze(1);
    const at::Tensor values = -at::pow(1 - likely.exp(), *gamma) * likely;
    frame.put(term, RowWeights::of({frame.rows(logits), labels}).term(values));
  }
};

}  // namespace

LEAT_NODE(Focal, "own.focal", "Cross-entropy in which clear samples count less.", leat::LaneKind::Device)
