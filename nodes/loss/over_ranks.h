#pragma once

#include <ATen/core/Tensor.h>

#include "leat/loss_term.h"
#include "leat/ranks.h"

namespace leat {

/// Returns the sum over the ranks of a vector of floats, without a gradient. Without ranks, the vector itself.
[[nodiscard]] at::Tensor over_ranks(Ranks* ranks, const at::Tensor& own);

/// Returns a loss's term of the rows of all ranks. The gradient of its sum flows into the rows of the own rank.
[[nodiscard]] LossTerm over_ranks(Ranks* ranks, const LossTerm& own);

}  // namespace leat
