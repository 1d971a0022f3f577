#include <ATen/TensorOperators.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <vector>

#include "leat/leat.h"
#include "leat/tensor.h"
#include "tensor/members.h"

namespace {
using namespace leat;

/// Returns the standard deviation over the members of each number; the divisor is the number of members.
at::Tensor deviation_of(const Members& members) {
  const auto count = static_cast<double>(members.size());
  at::Tensor sum = at::zeros_like(*members[0].second), squares = sum;
  for (const auto& [name, one] : members) sum = sum + *one;
  const at::Tensor mean = sum / count;
  for (const auto& [name, one] : members) squares = squares + (*one - mean) * (*one - mean);
  return at::sqrt(squares / count);
}

/// Returns 1 - the mean Dice over all pairs of members, N x K. As in a picture of 8 bits, a pixel is inside if 255 times its probability,
/// rounded, is 128 or more.
at::Tensor difference_of(const Members& members) {
  std::vector<at::Tensor> inside, areas;
  for (const auto& [name, one] : members) {
    inside.push_back(one->mul(255).round().ge(128).to(at::kFloat));
    areas.push_back(inside.back().sum({2, 3}));
  }
  at::Tensor sum = at::zeros_like(areas[0]);
  for (std::size_t a = 0; a < inside.size(); ++a)
    for (std::size_t b = a + 1; b < inside.size(); ++b) {
      const at::Tensor both = (inside[a] * inside[b]).sum({2, 3}), all = areas[a] + areas[b];
      sum = sum + at::where(all.gt(0), both * 2 / all.clamp_min(1), at::zeros_like(all) + 1);
    }
  const auto pairs = static_cast<double>(inside.size() * (inside.size() - 1) / 2);
  return 1 - sum / pairs;
}

struct Disagreement final : Node {
  Inputs<at::Tensor> members{this, "members",
                             "N x C x ..., float, 0..1. The probabilities of each network: of classes, N x C, or masks, N x C x H x W."};
  Output<at::Tensor> disagreement{
      this, "disagreement",
      "N x C, float. Of classes: standard deviation over `members` of each probability. Of masks: 1 - Dice of two of them, mean over all "
      "pairs; two empty masks agree."};

  void shapes(Shapes& shapes) const override {
    const int count = shapes.count(members);
    if (count < 2) throw Refusal("`members` needs two networks or more, but has " + std::to_string(count), "members");
    check_one_contract(shapes, members);
    const Contract first = shapes.of(members, 0);
    if (!first.has_shape || first.is_open || first.dims.size() < 2) return;
    if (first.dims.size() != 2 && first.dims.size() != 4)
      throw Refusal("`members` are " + first.str() + ", and neither classes nor masks", "members");
    Contract out = disagreement.contract();
    out.dims = {first.dims[0], first.dims[1]};
    shapes.set(disagreement, out);
  }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override {
    const Members given = frame[members];
    check_one_shape(given);
    frame.put(disagreement, given[0].second->dim() == 4 ? difference_of(given) : deviation_of(given));
  }
};

}  // namespace

LEAT_NODE(Disagreement, "tensor.disagreement", "Measures how much the probabilities of several networks differ, for each sample.",
          leat::LaneKind::Device)
