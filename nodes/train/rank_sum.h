#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "leat/ranks.h"

namespace leat {

/// Replaces each gradient by its sum over the ranks, in tensors with the strides of its parameter. A gradient that is undefined on some
/// ranks counts as 0 there; it stays undefined if it is so on all of them.
void sum_over_ranks(Ranks& ranks, std::vector<at::Tensor>& gradients, const std::vector<at::Tensor>& parameters);

}  // namespace leat
