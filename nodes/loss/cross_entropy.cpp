#include "leat/label.h"
#include "leat/leat.h"
#include "leat/row_weights.h"
#include "leat/tensor.h"
#include "loss/class_loss.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

struct CrossEntropy final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits.", differentiable};
  Gather<Label> label{this, "label", "One of C. The class of each sample. A sample without one is an error."};
  Output<LossTerm> term{this, "term", "Sum of the samples' cross-entropies, and their number.", differentiable};
  Metric value{this, "value", Better::Lower, "Mean of the samples' cross-entropies.", {.low = 0}};
  MultiLabelOf multi_label{this, "multi_label", "C",
                           "Several classes may hold at once: binary cross-entropy of sigmoids, the mean over classes."};

  void process(Frame& frame) const override {
    const at::Tensor& scores = frame[logits];
    const Rows<Label> labels = frame[label];
    const RowWeights weights = RowWeights::of({frame.rows(logits), labels});
    const LossTerm out = weights.term(*multi_label ? sigmoid_cross_entropy(scores, multi_label_targets(labels, weights, scores))
                                                   : softmax_cross_entropy(scores, class_targets(labels, weights, scores)));
    frame.metric(value, Readout(mean(out)).number(0));
    frame.put(term, out);
  }
};

}  // namespace

LEAT_NODE(CrossEntropy, "loss.cross_entropy", "Cross-entropy of class logits with the samples' labels.", leat::LaneKind::Device)
