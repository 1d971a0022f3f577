#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cstdint>
#include <vector>

namespace leat {

/// min(most, (1 + k) / (10 + k)) for step k = 0, 1, …: averages forget the first weights quickly.
[[nodiscard]] inline double average_decay(double most, std::int64_t step) {
  return std::min(most, static_cast<double>(1 + step) / static_cast<double>(10 + step));
}

/// averages ← averages + (1 − decay) · (weights − averages), in place; `decay` is a scalar on their device.
void move_averages(const std::vector<at::Tensor>& averages, const std::vector<at::Tensor>& weights, const at::Tensor& decay);

}  // namespace leat
