#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

#include "leat/features.h"

namespace leat {

/// Returns the rows of all batches, one batch after another; the batch itself if there is one.
[[nodiscard]] at::Tensor joined_rows(const std::vector<at::Tensor>& batches);
[[nodiscard]] Features joined_rows(const std::vector<const Features*>& batches);

[[nodiscard]] std::vector<std::int64_t> counts_of(const std::vector<at::Tensor>& batches);

/// Returns the rows of each batch again; `counts` has their numbers. All are views of the whole, so gradients need one operation.
[[nodiscard]] std::vector<at::Tensor> rows_of_each(const at::Tensor& whole, const std::vector<std::int64_t>& counts);
[[nodiscard]] std::vector<Features> rows_of_each(const Features& whole, const std::vector<std::int64_t>& counts);

}  // namespace leat
