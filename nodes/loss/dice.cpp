#include "leat/leat.h"
#include "leat/row_weights.h"
#include "leat/tensor.h"
#include "loss/soft_dice.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

struct Dice final : Node {
  Input<at::Tensor> logits{this, "logits", "N x K x H x W, float. Mask logits, a channel each structure.", differentiable};
  Input<at::Tensor> mask{
      this, "mask",
      "N x K x height x width, float. The reference, 0 or 1; where it has more pixels than the logits, they are resized to it "
      "(bilinear), as `metric.segmentation` does."};
  Output<LossTerm> term{this, "term", "Sum over samples of 1 - soft Dice, the mean over channels, and the number of samples.",
                        differentiable};
  Param<double> smooth{this, "smooth", "Added to numerator and denominator, in pixels.", 1.0, {0.0, 1e6}};
  Param<std::vector<std::string>> masks{this, "masks", "Names of the channels, for a metric of each; empty: none.",
                                        std::vector<std::string>{}};

  void shapes(Shapes& shapes) const override {
    const Contract given = shapes.of(logits), wanted = shapes.of(mask);
    for (const std::size_t side : {2, 3}) {
      if (given.dims.size() != 4 || wanted.dims.size() != 4 || !given.dims[side].is_known() || !wanted.dims[side].is_known()) continue;
      if (wanted.dims[side].size < given.dims[side].size)
        throw Refusal("the mask is " + wanted.dims[2].str() + " x " + wanted.dims[3].str() + ", less than the logits' " +
                          given.dims[2].str() + " x " + given.dims[3].str(),
                      "mask");
    }
    if (masks->empty() || given.dims.size() < 2 || !given.dims[1].is_known()) return;
    if (given.dims[1].size != static_cast<std::int64_t>(masks->size()))
      throw Refusal("`masks` has " + std::to_string(masks->size()) + " names, the logits have " + given.dims[1].str() + " channels",
                    "masks");
  }

  void process(Frame& frame) const override {
    const RowWeights weights = RowWeights::of({frame.rows(logits), frame.rows(mask)});
    const at::Tensor channels = soft_dice_loss(frame[logits], frame[mask], *smooth);
    const LossTerm out = weights.term(channels.mean(1));
    frame.metric("value", Readout(mean(out)).number(0));
    if (!masks->empty()) {
      const Readout means(mean(LossTerm{weights.times(channels).sum(0), out.weight}));
      for (std::size_t k = 0; k < masks->size(); ++k) frame.metric("value_" + (*masks)[k], means.number(static_cast<int>(k)));
    }
    frame.put(term, out);
  }
};

}  // namespace

LEAT_NODE(Dice, "loss.dice", "1 - soft Dice of mask logits and reference masks, of each image.", leat::LaneKind::Device)
