#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "leat/tensor.h"

namespace leat {

/// What a loss puts: two scalars on the device, the sum over rows of row weight x value x term, and the sum of row weights. Only
/// `loss.total` divides, so that ranks can add up both first; a weight of 0 gives the loss 0.
struct LossTerm {
  at::Tensor sum;
  at::Tensor weight;
};

/// The mean over rows, a scalar; 0 where the weight is 0, and so is its gradient.
[[nodiscard]] at::Tensor mean(const LossTerm& term);

template <>
struct ValueTraits<LossTerm> {
  static constexpr std::string_view name = "loss term";
  static std::size_t bytes(const LossTerm& term);
  static std::uint64_t hash(const LossTerm& term);
  static std::string describe(const LossTerm& term);
  static Contract contract(const LossTerm& term);
  static LossTerm blank(const Contract& contract);
  static std::vector<Value> parts(const LossTerm& term);
  static LossTerm whole(std::vector<Value> parts);
};

}  // namespace leat
