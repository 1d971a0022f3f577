#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cstdint>
#include <vector>

namespace leat {

/// Returns min(most, (1 + k) / (10 + k)) for step k = 0, 1, … The low decay at the start makes averages forget the first weights fast.
[[nodiscard]] inline double average_decay(double most, std::int64_t step) {
  return std::min(most, static_cast<double>(1 + step) / static_cast<double>(10 + step));
}

/// Sets averages ← averages + (1 − decay) · (weights − averages), in place. `decay` is a scalar on their device.
void move_averages(const std::vector<at::Tensor>& averages, const std::vector<at::Tensor>& weights, const at::Tensor& decay);

}  // namespace leat
