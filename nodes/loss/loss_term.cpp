#include "leat/loss_term.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

namespace leat {

namespace {
using Traits = ValueTraits<at::Tensor>;
}  // namespace

at::Tensor mean(const LossTerm& term) {
  // The divisor is never 0 either: with where() alone, 0 / 0 would reach the gradient.
  const at::Tensor counts = term.weight > 0;
  const at::Tensor divisor = at::where(counts, term.weight, at::ones_like(term.weight));
  return at::where(counts, term.sum / divisor, at::zeros_like(term.sum));
}

std::size_t ValueTraits<LossTerm>::bytes(const LossTerm& term) { return Traits::bytes(term.sum) + Traits::bytes(term.weight); }

std::uint64_t ValueTraits<LossTerm>::hash(const LossTerm& term) {
  const std::uint64_t parts[] = {Traits::hash(term.sum), Traits::hash(term.weight)};
  return hash_bytes(parts, sizeof parts);
}

std::string ValueTraits<LossTerm>::describe(const LossTerm&) { return "a loss's sum and weight"; }

Contract ValueTraits<LossTerm>::contract(const LossTerm&) { return {}; }

LossTerm ValueTraits<LossTerm>::blank(const Contract&) { return {at::zeros({}), at::zeros({})}; }

std::vector<Value> ValueTraits<LossTerm>::parts(const LossTerm& term) { return {Value::of(term.sum), Value::of(term.weight)}; }

LossTerm ValueTraits<LossTerm>::whole(std::vector<Value> parts) { return {parts[0].take<at::Tensor>(), parts[1].take<at::Tensor>()}; }

}  // namespace leat
