#include "gate/confidence_gate.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

namespace leat {

namespace {

constexpr double smallest_share = 1e-6;

/// Returns the sums over each group's rows: G x C from G x N and N x C. Uses sums because the order of summation in a matrix product can
/// vary.
at::Tensor sums_of_groups(const at::Tensor& membership, const at::Tensor& values) {
  return (membership.unsqueeze(2) * values.unsqueeze(0)).sum(1);
}

/// Returns decay · old + (1 − decay) · sums / counts for groups with a count above 0, and `old` for the others.
at::Tensor moved(const at::Tensor& old, const at::Tensor& sums, const at::Tensor& counts, double decay) {
  return at::where(counts > 0, decay * old + (1 - decay) * sums / counts.clamp_min(smallest_share), old);
}

/// Returns N values: 1 for rows that pass and 0 for rows that do not; with soft thresholds, also values between. Sets `needed` of the
/// verdict. Rows of weight 0 do not change the memory.
at::Tensor passes_of(GateVerdict& verdict, const at::Tensor& aligned, const GateRows& rows, const at::Tensor& membership,
                     const GateSettings& settings, GateMemory& memory) {
  if (settings.thresholds == Thresholds::Fixed) {
    verdict.needed = at::full_like(verdict.confidence, settings.threshold);
    return (verdict.confidence >= settings.threshold).to(at::kFloat);
  }
  const at::Tensor counts = membership.sum(1, true), confidence = verdict.confidence.unsqueeze(1);
  const double decay = settings.threshold_decay;
  const at::Tensor sums = sums_of_groups(membership, confidence);
  memory.confidence = moved(memory.confidence, sums, counts, decay);
  const at::Tensor running = memory.confidence.index_select(0, rows.group).squeeze(1);
  if (settings.thresholds == Thresholds::Free) {
    memory.judged = moved(memory.judged, sums_of_groups(membership, aligned), counts, decay);
    const at::Tensor relative = memory.judged / memory.judged.amax({1}, true);
    const at::Tensor of_class = relative.index_select(0, rows.group).gather(1, verdict.pseudo.unsqueeze(1)).squeeze(1);
    verdict.needed = running * of_class;
    return (verdict.confidence >= verdict.needed).to(at::kFloat);
  }
  verdict.needed = running;
  // The sample variance of a step needs at least two rows of a group.
  const at::Tensor means = (sums / counts.clamp_min(1)).index_select(0, rows.group);
  const at::Tensor squares = sums_of_groups(membership, (confidence - means).square());
  memory.variance = at::where(counts > 1, moved(memory.variance, squares, counts - 1, decay), memory.variance);
  const at::Tensor variance = memory.variance.index_select(0, rows.group).squeeze(1);
  return (-(verdict.confidence - running).clamp_max(0).square() / (2 * variance).clamp_min(1e-12)).exp();
}

}  // namespace

GateMemory GateMemory::uniform(std::int64_t groups, std::int64_t classes, const at::Device& device) {
  const at::Tensor start = at::full({groups, classes}, 1.0 / static_cast<double>(classes), at::TensorOptions(device).dtype(at::kFloat));
  const at::Tensor one_each = start.narrow(1, 0, 1).clone();
  return {start, start, start, one_each, at::ones_like(one_each)};
}

at::Tensor class_indicators(const at::Tensor& classes, std::int64_t count) {
  return (classes.unsqueeze(1) == at::arange(count, classes.options()).unsqueeze(0)).to(at::kFloat);
}

at::Tensor group_membership(const GateRows& rows, std::int64_t groups) {
  return class_indicators(rows.group, groups).t() * rows.weight.unsqueeze(0);
}

GateVerdict judge(const GateRows& rows, const GateSettings& settings, GateMemory& memory) {
  const std::int64_t classes = rows.probabilities.size(1);
  const at::Tensor membership = group_membership(rows, memory.mean.size(0));
  memory.mean = moved(memory.mean, sums_of_groups(membership, rows.probabilities), membership.sum(1, true), settings.alignment_decay);

  at::Tensor aligned = rows.probabilities;
  if (settings.target.defined()) {
    aligned = aligned * settings.target / memory.mean.index_select(0, rows.group).clamp_min(smallest_share);
    aligned = aligned / aligned.sum(1, true);
  }
  GateVerdict out;
  std::tie(out.confidence, out.pseudo) = aligned.max(1);
  out.passed = passes_of(out, aligned, rows, membership, settings, memory) * rows.weight;

  const at::Tensor passed = membership * out.passed.unsqueeze(0);
  memory.share =
      moved(memory.share, sums_of_groups(passed, class_indicators(out.pseudo, classes)), passed.sum(1, true), settings.balance_decay);
  out.weight = out.passed;
  if (settings.balances) {
    const at::Tensor share = memory.share.index_select(0, rows.group).gather(1, out.pseudo.unsqueeze(1)).squeeze(1);
    out.weight = out.passed * (1.0 / static_cast<double>(classes) / share.clamp_min(smallest_share)).clamp_max(settings.balance_most);
  }
  return out;
}

}  // namespace leat
