#include "leat/leat.h"
#include "leat/row_weights.h"
#include "leat/tensor.h"
#include "loss/binary_divergence.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

// Haque et al. (MELBA 2021:011), equation 5: the target is the prediction on labelled images, which have nothing to do with the unlabelled
// ones, and gradients flow into both. Two views of one image with a detached target are the consistency that one should use.
struct Kl final : Node {
  Input<at::Tensor> prediction{this, "prediction", "N x K x H x W, float. Mask logits that learn.", differentiable};
  Input<at::Tensor> target{this, "target", "N x K x H x W, float. Mask logits to come close to; row i belongs to row i of the prediction.",
                           any_rows | differentiable};
  Output<LossTerm> term{this, "term", "Sum over pairs of rows of the mean KL of their pixels, and the number of pairs.", differentiable};
  Metric value{this, "value", Better::Lower, "Mean divergence of the pairs of rows, in nats.", {.low = 0}};
  Param<bool> detach{this, "detach", "No gradient flows into the target.", true};

  void process(Frame& frame) const override {
    const RowWeights weights = RowWeights::of({frame.rows(prediction), frame.rows(target)});
    const at::Tensor wanted = frame[target].narrow(0, 0, weights.size());
    const at::Tensor learning = frame[prediction].narrow(0, 0, weights.size());
    const LossTerm out = weights.term(binary_divergence(*detach ? wanted.detach() : wanted, learning));
    frame.metric(value, Readout(mean(out)).number(0));
    frame.put(term, out);
  }
};

}  // namespace

LEAT_NODE(Kl, "loss.kl", "KL(target || prediction) of two mask predictions, pixel by pixel.", leat::LaneKind::Device)
