#include <ATen/TensorOperators.h>

#include "leat/leat.h"
#include "leat/row_weights.h"
#include "leat/tensor.h"
#include "loss/class_loss.h"
#include "loss/known_mean.h"
#include "loss/over_ranks.h"
#include "tensor/exclusive.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

// Sohn et al., "FixMatch", NeurIPS 2020, equation 4: the mean is over all unlabelled rows, not over those that pass the gate.
struct PseudoLabel final : Node {
  Input<at::Tensor> logits{this, "logits", "N x C, float. Class logits of the strong view.", differentiable};
  Input<at::Tensor> pseudo{this, "pseudo", "N, int, one of C. Pseudo-labels from a gate."};
  Input<at::Tensor> weight{this, "weight",
                           "N, float. Weight of each sample's loss, from a gate. The loss is divided by the number of samples, not by the "
                           "sum of these weights."};
  Output<LossTerm> term{this, "term", "Sum of weight x cross-entropy, and the number of samples.", differentiable};
  Metric value{this, "value", Better::Lower, "Mean of the samples' weighted cross-entropies.", {.low = 0}};

  void shapes(Shapes& shapes) const override { check_exclusive(shapes.of(logits), "logits"); }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::OwnAddedUp; }
  void open(const Opening& opening) override { ranks_ = opening.ranks; }

  void process(Frame& frame) const override {
    const RowWeights rows = RowWeights::of({frame.rows(logits), frame.rows(pseudo), frame.rows(weight)});
    const LossTerm out = over_ranks(ranks_, rows.term(softmax_cross_entropy(frame[logits], frame[pseudo]) * frame[weight]));
    frame.metric(value, Readout(known_mean(out)).number(0));
    frame.put(term, out);
  }

 private:
  Ranks* ranks_ = nullptr;  ///< The processes that share the batch; null: there is one.
};

}  // namespace

LEAT_NODE(PseudoLabel, "loss.pseudo_label", "Cross-entropy of a strong view's logits with pseudo-labels from a weak one.",
          leat::LaneKind::Device)
