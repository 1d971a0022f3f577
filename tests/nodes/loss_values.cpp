#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>
#include <cmath>

#include "leat/loss_term.h"
#include "leat/row_weights.h"
#include "loss/binary_divergence.h"
#include "loss/class_loss.h"
#include "loss/ramp.h"
#include "loss/soft_dice.h"
#include "support/doctest.h"
#include "support/reference.h"

using namespace leat;

namespace {

at::Tensor leaf(const at::Tensor& tensor) { return tensor.clone().requires_grad_(true); }

at::Tensor gradient(const at::Tensor& loss, const at::Tensor& of) { return torch::autograd::grad({loss}, {of})[0]; }

RowWeights ones(std::int64_t rows) { return RowWeights(std::vector<float>(static_cast<std::size_t>(rows), 1)); }

}  // namespace

TEST_CASE("softmax cross-entropy: rows, mean and gradient are PyTorch's") {
  const Reference reference("loss");
  const at::Tensor logits = leaf(reference("softmax.logits"));
  const at::Tensor rows = softmax_cross_entropy(logits, reference("softmax.labels"));
  CHECK(difference(rows, reference("softmax.rows")) < 1e-6);
  CHECK(difference(gradient(mean(ones(6).term(rows)), logits), reference("softmax.gradient")) < 1e-7);
}

TEST_CASE("sigmoid cross-entropy: rows, mean and gradient are PyTorch's") {
  const Reference reference("loss");
  const at::Tensor logits = leaf(reference("sigmoid.logits"));
  const at::Tensor rows = sigmoid_cross_entropy(logits, reference("sigmoid.targets"));
  CHECK(difference(rows, reference("sigmoid.rows")) < 1e-6);
  CHECK(difference(gradient(mean(ones(5).term(rows)), logits), reference("sigmoid.gradient")) < 1e-7);
}

TEST_CASE("pseudo-labels: a gate's weight does not enter the denominator") {
  const Reference reference("loss");
  const at::Tensor logits = leaf(reference("pseudo.logits"));
  const at::Tensor loss = mean(ones(6).term(softmax_cross_entropy(logits, reference("pseudo.pseudo")) * reference("pseudo.weight")));
  CHECK(difference(loss, reference("pseudo.loss")) < 1e-6);
  CHECK(difference(gradient(loss, logits), reference("pseudo.gradient")) < 1e-7);
}

TEST_CASE("soft Dice: images and channels, empty references and saturated logits are as in PyTorch") {
  const Reference reference("loss");
  const at::Tensor logits = leaf(reference("dice.logits"));
  const at::Tensor loss = soft_dice_loss(logits, reference("dice.mask"), 1.0);
  CHECK(difference(loss, reference("dice.loss")) < 1e-6);
  CHECK(difference(gradient(mean(ones(3).term(loss.mean(1))), logits), reference("dice.gradient")) < 1e-7);
}

TEST_CASE("soft Dice: of a larger mask is that of the logits enlarged to it") {
  const Reference reference("loss");
  const at::Tensor small = leaf(reference("dice.logits")), same = leaf(reference("dice.logits"));
  const at::Tensor mask =
      at::upsample_nearest2d(reference("dice.mask"), {4 * small.size(2), 4 * small.size(3)}, std::nullopt, std::nullopt);
  const at::Tensor loss = soft_dice_loss(small, mask, 1.0);
  const at::Tensor wanted = soft_dice_loss(at::upsample_bilinear2d(same, {mask.size(2), mask.size(3)}, false), mask, 1.0);
  CHECK(difference(loss, wanted) < 1e-6);
  CHECK(difference(gradient(loss.sum(), small), gradient(wanted.sum(), same)) < 1e-6);
}

TEST_CASE("soft Dice: unknown pixels are left out, and an unknown structure has the loss 0 and no gradient") {
  const Reference reference("loss");
  const at::Tensor logits = leaf(reference("dice.logits")), mask = reference("dice.mask").to(at::kFloat);
  const PartlyKnownDice all = known_dice_loss(logits, mask, 1.0);
  CHECK(difference(all.losses, soft_dice_loss(logits, mask, 1.0)) < 1e-6);
  CHECK(all.are_known.min().item<double>() == 1);
  const std::int64_t half = mask.size(3) / 2;
  at::Tensor partly = mask.clone();
  partly[0][0].fill_(-1);
  partly[1].narrow(2, half, mask.size(3) - half).fill_(-1);
  const PartlyKnownDice known = known_dice_loss(logits, partly, 1.0);
  CHECK(known.are_known[0][0].item<double>() == 0);
  CHECK(known.are_known.sum().item<double>() == static_cast<double>(known.are_known.numel() - 1));
  CHECK(known.losses[0][0].item<double>() == 0);
  // The rest of an image, cut out.
  const at::Tensor rest = soft_dice_loss(logits[1].narrow(2, 0, half).unsqueeze(0), mask[1].narrow(2, 0, half).unsqueeze(0), 1.0);
  CHECK(difference(known.losses[1], rest[0]) < 1e-6);
  const at::Tensor changes = gradient(known.losses.sum(), logits);
  CHECK(changes[0][0].abs().max().item<double>() == 0);
  CHECK(changes[1].narrow(2, half, mask.size(3) - half).abs().max().item<double>() == 0);
  // Without smoothing, too, nothing of an unknown structure is undefined.
  const at::Tensor unsure = leaf(at::zeros({1, 1, 2, 2}));
  const PartlyKnownDice none = known_dice_loss(unsure, at::ones({1, 1, 2, 2}) * -1, 0);
  CHECK(none.losses.item<double>() == 0);
  CHECK(gradient(none.losses.sum(), unsure).abs().max().item<double>() == 0);
}

TEST_CASE("sigmoid cross-entropy: an unknown finding has weight 0, and a row without a known one does not count") {
  const Reference reference("loss");
  const at::Tensor logits = leaf(reference("sigmoid.logits")), targets = reference("sigmoid.targets");
  const at::Tensor known = at::ones_like(logits);
  CHECK(difference(mean(known_sigmoid_cross_entropy(logits, targets, known, ones(5))), mean(ones(5).term(reference("sigmoid.rows")))) <
        1e-6);
  at::Tensor partly = known.clone();
  partly[0].fill_(0);
  partly[1][0].fill_(0);
  const LossTerm term = known_sigmoid_cross_entropy(logits, targets, partly, ones(5));
  CHECK(term.weight.item<double>() == 4);
  const std::int64_t others = logits.size(1) - 1;
  const at::Tensor second =
      sigmoid_cross_entropy(logits[1].narrow(0, 1, others).unsqueeze(0), targets[1].narrow(0, 1, others).unsqueeze(0));
  const at::Tensor wanted = second.sum() + reference("sigmoid.rows").narrow(0, 2, 3).sum();
  CHECK(difference(term.sum, wanted) < 1e-5);
  const at::Tensor changes = gradient(term.sum, logits);
  CHECK(changes[0].abs().max().item<double>() == 0);
  CHECK(changes[1][0].item<double>() == 0);
}

TEST_CASE("binary KL: values and both gradients are PyTorch's in double precision") {
  const Reference reference("loss");
  const at::Tensor target = leaf(reference("kl.target")), prediction = leaf(reference("kl.prediction"));
  const at::Tensor rows = binary_divergence(target, prediction);
  CHECK(difference(rows, reference("kl.rows")) < 1e-5);
  const auto gradients = torch::autograd::grad({mean(ones(3).term(rows))}, {target, prediction});
  CHECK(difference(gradients[0], reference("kl.target_gradient")) < 1e-6);
  CHECK(difference(gradients[1], reference("kl.prediction_gradient")) < 1e-6);
}

TEST_CASE("binary KL: is finite for certain predictions, and 0 of equal ones") {
  const at::Tensor sure = at::ones({1, 1, 2, 2}) * 500;
  const at::Tensor learning = leaf(-sure);
  const at::Tensor rows = binary_divergence(sure, learning);
  CHECK(rows.item<double>() == doctest::Approx(500));
  CHECK(std::isfinite(gradient(rows.sum(), learning).sum().item<double>()));
  CHECK(binary_divergence(sure, sure).item<double>() == 0);
}

TEST_CASE("row weights: a dropped row takes part in neither sum") {
  const at::Tensor values = at::tensor({1.0, 2.0, 4.0}, at::kFloat);
  const LossTerm term = RowWeights({1, 0, 1}).term(values);
  CHECK(term.sum.item<double>() == 5);
  CHECK(term.weight.item<double>() == 2);
  CHECK(mean(term).item<double>() == 2.5);
}

TEST_CASE("row weights: all 1 leave the values themselves") {
  const at::Tensor values = at::ones({3});
  CHECK(ones(3).times(values).is_same(values));
}

TEST_CASE("row weights: values of another shape are refused, also where all weights are 1") {
  const std::string begin = "`RowWeights::term` takes one value per row, 3 in all, but got ";
  const std::string end = ": reduce each row to one value first, with `.mean(1)` or `.sum(1)`";
  for (const RowWeights& rows : {ones(3), RowWeights({1, 0, 1})}) {
    CHECK_THROWS_WITH_AS((void)rows.term(at::ones({3, 3})), (begin + "3 x 3" + end).c_str(), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)rows.term(at::ones({2})), (begin + "2" + end).c_str(), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)rows.term(at::ones({})), (begin + "a scalar" + end).c_str(), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)rows.times(at::ones({1, 3})), "`RowWeights::times` takes values of 3 rows, but got 1 x 3",
                         std::invalid_argument);
  }
}

TEST_CASE("row weights: apply to rows of any shape") {
  const at::Tensor scaled = RowWeights({0, 1}).times(at::ones({2, 3, 1}));
  CHECK(scaled[0].sum().item<double>() == 0);
  CHECK(scaled[1].sum().item<double>() == 3);
}

TEST_CASE("a term without weight: value 0 and gradient 0") {
  const at::Tensor logits = leaf(at::ones({2, 2}));
  const LossTerm term = RowWeights({0, 0}).term(softmax_cross_entropy(logits, at::zeros({2}, at::kLong)));
  const at::Tensor loss = mean(term);
  CHECK(loss.item<double>() == 0);
  CHECK(gradient(loss, logits).abs().max().item<double>() == 0);
}

TEST_CASE("ramp: rises from 0 at step 0 to 1 after its share of the steps") {
  CHECK(ramp(0.3, 0, 100) == 0);
  CHECK(ramp(0.3, 15, 100) == doctest::Approx(0.5));
  CHECK(ramp(0.3, 30, 100) == 1);
  CHECK(ramp(0.3, 99, 100) == 1);
  CHECK(ramp(0, 0, 100) == 1);
}
