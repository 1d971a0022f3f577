#include "leat/label.h"
#include "leat/leat.h"
#include "leat/row_weights.h"
#include "leat/tensor.h"
#include "loss/class_loss.h"
#include "loss/known_mean.h"
#include "loss/over_ranks.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

struct CrossEntropy final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits.", differentiable};
  Gather<Label> label{
      this, "label",
      "One of C, or unknown. The class of each sample. An unknown class or finding has weight 0, if the contract of the labels says "
      "that they can be unknown; otherwise it is an error."};
  Output<LossTerm> term{this, "term", "Sum of the samples' cross-entropies, and their number.", differentiable};
  Metric value{
      this, "value", Better::Lower, "Mean of the samples' cross-entropies. Undefined in a step in which no label is known.", {.low = 0}};
  MultiLabelOf multi_label{this, "multi_label", "C",
                           "Several classes may hold at once: binary cross-entropy of sigmoids, the mean over the known classes."};

  void shapes(Shapes& shapes) const override { has_unknown_ = shapes.of(label).or_unknown; }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::OwnAddedUp; }
  void open(const Opening& opening) override { ranks_ = opening.ranks; }

  void process(Frame& frame) const override {
    const at::Tensor& scores = frame[logits];
    const Rows<Label> labels = frame[label];
    RowWeights weights = RowWeights::of({frame.rows(logits), labels});
    if (has_unknown_ && !*multi_label) weights = without_unknown(weights, labels);
    const LossTerm out =
        over_ranks(ranks_, *multi_label ? of_findings(scores, labels, weights)
                                        : weights.term(softmax_cross_entropy(scores, class_targets(labels, weights, scores))));
    frame.metric(value, Readout(known_mean(out)).number(0));
    frame.put(term, out);
  }

 private:
  static RowWeights without_unknown(const RowWeights& weights, const Rows<Label>& labels) {
    std::vector<float> out;
    for (int row = 0; row < weights.size(); ++row) out.push_back(labels[row].index < 0 ? 0 : weights[row]);
    return RowWeights(std::move(out), true);
  }
  [[nodiscard]] LossTerm of_findings(const at::Tensor& scores, const Rows<Label>& labels, const RowWeights& weights) const {
    const auto [targets, known] = multi_label_targets(labels, weights, scores, has_unknown_);
    if (known.defined()) return known_sigmoid_cross_entropy(scores, targets, known, weights);
    return weights.term(sigmoid_cross_entropy(scores, targets));
  }

  Ranks* ranks_ = nullptr;            ///< The processes that share the batch; null: there is one.
  mutable bool has_unknown_ = false;  ///< Of `label`. Set by `shapes`, before the first call of `process`.
};

}  // namespace

LEAT_NODE(CrossEntropy, "loss.cross_entropy", "Cross-entropy of class logits with the samples' labels.", leat::LaneKind::Device)
