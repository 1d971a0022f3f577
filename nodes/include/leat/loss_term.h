#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "leat/tensor.h"

namespace leat {

/// The output of a loss, two scalars on the device: the sum over rows of row weight x loss, and the sum of the row weights. Only
/// `loss.total` divides, so that several processes can add up both first. With a weight of 0 the loss is 0.
struct LossTerm {
  at::Tensor sum;
  at::Tensor weight;
};

/// Returns the mean over rows, a scalar. If the weight is 0, the mean and its gradient are 0.
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
