#pragma once

#include <ATen/core/Tensor.h>
#include <string>
#include <vector>

#include "leat/archive.h"

namespace leat {

struct AdamSettings {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;  ///< AdamW: the decay acts on the weight, not on the gradient.
};

/// Adam (Kingma and Ba, ICLR 2015) and AdamW (Loshchilov and Hutter, ICLR 2019) as PyTorch's fused kernels compute them, for weights that
/// stay the same tensors. [worker]
class AdamMoments {
 public:
  AdamMoments() = default;
  explicit AdamMoments(const std::vector<at::Tensor>& parameters);

  /// One step of the weights that have a gradient; the others, and what is kept of them, stay. `rate` and `is_skipped` are scalars (float)
  /// on the weights' device; where `is_skipped` is 1 nothing changes.
  void update(const std::vector<at::Tensor>& parameters, const std::vector<at::Tensor>& gradients, const at::Tensor& rate,
              const at::Tensor& is_skipped, const AdamSettings& settings);

  /// `mean.NAME`, `square.NAME` and `step.NAME` for each weight.
  void save(Archive& archive, const std::vector<std::string>& names) const;
  /// Copies into what is there; throws std::runtime_error where a name is missing or a shape differs.
  void load(const Archive& archive, const std::vector<std::string>& names);

 private:
  std::vector<at::Tensor> mean_;    // of gradients
  std::vector<at::Tensor> square_;  // of their squares
  std::vector<at::Tensor> step_;    // one scalar a weight: one without a gradient does not count the step
};

}  // namespace leat
