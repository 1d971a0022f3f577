#pragma once

#include <ATen/TensorOperators.h>

#include "leat/loss_term.h"

namespace leat {

/// Returns the mean of a term as a metric shows it: NaN if the weight is 0, because no sample of the step is known. Such a step has no
/// value of the metric. The loss itself is `mean`, which is 0 then.
[[nodiscard]] inline at::Tensor known_mean(const LossTerm& term) { return term.sum / term.weight; }

}  // namespace leat
