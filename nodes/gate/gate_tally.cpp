#include "gate/gate_tally.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>
#include <limits>
#include <numeric>

namespace leat {

namespace {
constexpr std::int64_t all = -1;

double ratio(double part, double whole, double otherwise) { return whole > 0 ? part / whole : otherwise; }
}  // namespace

at::Tensor GateTally::count(const GateRows& rows, const GateVerdict& verdict, const at::Tensor& truth, std::int64_t groups) {
  const at::Tensor membership = group_membership(rows, groups).unsqueeze(2);
  const at::Tensor classes = class_indicators(verdict.pseudo, rows.probabilities.size(1)).unsqueeze(0);
  const at::Tensor passed = verdict.passed.view({1, -1, 1});
  const at::Tensor known = truth.defined() ? (truth >= 0).to(at::kFloat) * verdict.passed : at::zeros_like(verdict.passed);
  const at::Tensor right = truth.defined() ? (truth == verdict.pseudo).to(at::kFloat) * known : known;
  const at::Tensor members = membership.squeeze(2);
  const at::Tensor tenths = (verdict.confidence * static_cast<double>(bins)).floor().clamp(0, bins - 1).to(at::kLong);
  return at::cat({(membership * classes).sum(1).flatten(), (membership * classes * passed).sum(1).flatten(), (members * known).sum(1),
                  (members * right).sum(1), (verdict.confidence * rows.weight).sum().view({1}),
                  (class_indicators(tenths, bins) * rows.weight.unsqueeze(1)).sum(0)})
      .to(at::kDouble);
}

double GateTally::sum(std::int64_t block, std::int64_t group, std::int64_t index) const {
  double out = 0;
  for (std::int64_t g = 0; g < groups_; ++g)
    for (std::int64_t c = 0; c < classes_; ++c)
      if ((group == all || g == group) && (index == all || c == index))
        out += numbers_[static_cast<std::size_t>((block * groups_ + g) * classes_ + c)];
  return out;
}

double GateTally::per_group(std::int64_t block, std::int64_t group) const {
  double out = 0;
  for (std::int64_t g = 0; g < groups_; ++g)
    if (group == all || g == group) out += numbers_[static_cast<std::size_t>((2 * classes_ + block) * groups_ + g)];
  return out;
}

double GateTally::share() const { return ratio(sum(1, all, all), sum(0, all, all), 0); }
double GateTally::share_of_class(std::int64_t index) const { return ratio(sum(1, all, index), sum(0, all, index), 0); }
double GateTally::share_of_group(std::int64_t group) const { return ratio(sum(1, group, all), sum(0, group, all), 0); }
double GateTally::pseudo(std::int64_t index) const { return ratio(sum(1, all, index), sum(1, all, all), 0); }
double GateTally::confidence() const { return ratio(numbers_[place_of_confidence()], sum(0, all, all), 0); }
double GateTally::share_of_bin(std::int64_t bin) const {
  const auto first = numbers_.begin() + static_cast<std::ptrdiff_t>(place_of_confidence()) + 1;
  return ratio(first[bin], std::accumulate(first, first + bins, 0.0), 0);
}
double GateTally::accuracy() const { return accuracy_of_group(all); }
double GateTally::accuracy_of_group(std::int64_t group) const {
  return ratio(per_group(1, group), per_group(0, group), std::numeric_limits<double>::quiet_NaN());
}

}  // namespace leat
