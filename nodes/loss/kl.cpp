#include "leat/leat.h"
#include "leat/row_weights.h"
#include "leat/tensor.h"
#include "loss/binary_divergence.h"
#include "loss/known_mean.h"
#include "loss/over_ranks.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

// Haque et al. (MELBA 2021:011), equation 5. There the target is the prediction on labelled images, which are unrelated to the unlabelled
// ones, and gradients flow into both. For consistency training, connect two views of one image and detach the target.
struct Kl final : Node {
  Input<at::Tensor> prediction{this, "prediction", "N x K x H x W, float. Mask logits that are trained.", differentiable};
  Input<at::Tensor> target{
      this, "target",
      "N x K x H x W, float. Mask logits of the target. Row i is the target of row i of the prediction; surplus rows are ignored.",
      any_rows | differentiable};
  Output<LossTerm> term{this, "term",
                        "Sum over pairs of rows of their KL divergence (mean over pixels and channels), and the number of pairs.",
                        differentiable};
  Metric value{this, "value", Better::Lower, "Mean divergence of the pairs of rows, in nats.", {.low = 0}};
  Param<bool> detach{this, "detach", "Detached target: no gradient flows into it.", true};

  void shapes(Shapes& shapes) const override { shapes.check_field_of_view(prediction, target); }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::OwnAddedUp; }
  void open(const Opening& opening) override { ranks_ = opening.ranks; }

  void process(Frame& frame) const override {
    const RowWeights weights = RowWeights::of({frame.rows(prediction), frame.rows(target)});
    const at::Tensor wanted = frame[target].narrow(0, 0, weights.size());
    const at::Tensor learning = frame[prediction].narrow(0, 0, weights.size());
    const LossTerm out = over_ranks(ranks_, weights.term(binary_divergence(*detach ? wanted.detach() : wanted, learning)));
    frame.metric(value, Readout(known_mean(out)).number(0));
    frame.put(term, out);
  }

 private:
  Ranks* ranks_ = nullptr;  ///< The processes that share the batch; null: there is one.
};

}  // namespace

LEAT_NODE(Kl, "loss.kl", "Computes KL(target || prediction) of two mask predictions, per pixel.", leat::LaneKind::Device)
