#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "leat/tensor.h"

namespace leat {

/// The output of an encoder for a batch. `stages` has the output of each stage before pooling, finest first, N x C_k x H_k x W_k. `pooled`
/// is the input of the classifier's linear layer, N x C.
struct Features {
  std::vector<at::Tensor> stages;
  at::Tensor pooled;
};

/// Its contract is `N x ...`.
template <>
struct ValueTraits<Features> {
  static constexpr std::string_view name = "features";
  static std::size_t bytes(const Features& features);
  static std::uint64_t hash(const Features& features);
  static std::vector<std::uint64_t> hash_rows(const Features& features);
  static std::string describe(const Features& features);
  static Contract contract(const Features& features);
  static Features blank(const Contract& contract);
  static std::vector<Value> parts(const Features& features);
  static Features whole(std::vector<Value> parts);
};

}  // namespace leat
