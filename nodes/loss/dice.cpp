#include <ATen/TensorOperators.h>

#include "leat/leat.h"
#include "leat/row_weights.h"
#include "leat/tensor.h"
#include "loss/known_mean.h"
#include "loss/over_ranks.h"
#include "loss/soft_dice.h"
#include "tensor/readout.h"

namespace {
using namespace leat;

struct Dice final : Node {
  Input<at::Tensor> logits{this, "logits", "N x K x H x W, float. Mask logits, one channel per structure.", differentiable};
  Input<at::Tensor> mask{
      this, "mask",
      "N x K x height x width, float, or unknown. The reference masks, 0 or 1. If they are larger than the logits, the logits are resized "
      "to their size (bilinear), as in `metric.segmentation`. Pixels of -1 are unknown, and are left out."};
  Output<LossTerm> term{this, "term",
                        "Sum over samples of 1 - soft Dice (mean over channels), and the number of samples. The mean is over the channels "
                        "that are known in a sample; a sample without any does not count.",
                        differentiable};
  Metric value{this, "value", Better::Lower, "Mean of the samples' losses.", {0, 1}};
  Metric value_of{this, "value_{K}", Better::Lower, "Mean over samples of 1 - soft Dice of one channel; only if `masks` is set.", {0, 1}};
  Param<double> smooth{this, "smooth", "Smoothing term in the numerator and the denominator of Dice, in pixels.", 1.0, {0.0, 1e6}};
  NamesOf masks{this, "masks", "K", "Names of the channels, each of which gets a metric. Empty: no metrics of channels."};

  void shapes(Shapes& shapes) const override {
    if (!masks.is_given()) shapes.cannot_measure(value_of, "`masks` is not set");
    shapes.check_field_of_view(logits, mask);
    const Contract given = shapes.of(logits), wanted = shapes.of(mask);
    has_unknown_ = wanted.or_unknown;
    for (const std::size_t side : {2, 3}) {
      if (given.dims.size() != 4 || wanted.dims.size() != 4 || !given.dims[side].is_known() || !wanted.dims[side].is_known()) continue;
      if (wanted.dims[side].size < given.dims[side].size)
        throw Refusal("the mask is " + wanted.dims[2].str() + " x " + wanted.dims[3].str() + ", smaller than the logits, " +
                          given.dims[2].str() + " x " + given.dims[3].str(),
                      "mask");
    }
  }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::OwnAddedUp; }
  void open(const Opening& opening) override { ranks_ = opening.ranks; }

  void process(Frame& frame) const override {
    const RowWeights weights = RowWeights::of({frame.rows(logits), frame.rows(mask)});
    if (has_unknown_) {
      put_known(frame, weights);
      return;
    }
    const at::Tensor channels = soft_dice_loss(frame[logits], frame[mask], *smooth);
    const LossTerm out = over_ranks(ranks_, weights.term(channels.mean(1)));
    frame.metric(value, Readout(known_mean(out)).number(0));
    if (masks.is_given()) {
      const Readout means(known_mean({over_ranks(ranks_, weights.times(channels).sum(0)), out.weight}));
      for (std::size_t k = 0; k < masks->size(); ++k) frame.metric(value_of.of((*masks)[k]), means.number(static_cast<int>(k)));
    }
    frame.put(term, out);
  }

 private:
  void put_known(Frame& frame, const RowWeights& weights) const {
    const PartlyKnownDice dice = known_dice_loss(frame[logits], frame[mask], *smooth);
    const at::Tensor of_each = weights.times(dice.losses), counted = weights.times(dice.are_known);
    const at::Tensor known = dice.are_known.sum(1);
    const LossTerm out =
        over_ranks(ranks_, LossTerm{(of_each.sum(1) / known.clamp_min(1)).sum(), weights.times(known.gt(0).to(at::kFloat)).sum()});
    frame.metric(value, Readout(known_mean(out)).number(0));
    if (masks.is_given()) {
      const Readout means(known_mean({over_ranks(ranks_, of_each.sum(0)), over_ranks(ranks_, counted.sum(0))}));
      for (std::size_t k = 0; k < masks->size(); ++k) frame.metric(value_of.of((*masks)[k]), means.number(static_cast<int>(k)));
    }
    frame.put(term, out);
  }

  Ranks* ranks_ = nullptr;            ///< The processes that share the batch; null: there is one.
  mutable bool has_unknown_ = false;  ///< Of `mask`. Set by `shapes`, before the first call of `process`.
};

}  // namespace

LEAT_NODE(Dice, "loss.dice", "Computes 1 - soft Dice of mask logits and reference masks, per image.", leat::LaneKind::Device)
