#pragma once

#include <ATen/core/Tensor.h>
#include <string>

#include "leat/archive.h"
#include "leat/tensor.h"

namespace leat {

/// Tensors that a script next to their file computed: `Reference reference("loss"); reference("dice.loss")`.
class Reference {
 public:
  explicit Reference(const std::string& family)
      : archive_(Archive::read(std::string(LEAT_TEST_DATA) + "/" + family + "/references.safetensors")) {}

  [[nodiscard]] at::Tensor operator()(const std::string& name) const { return from_entry(archive_.entry(name)); }
  [[nodiscard]] const Archive& archive() const { return archive_; }

 private:
  Archive archive_;
};

/// Returns the largest absolute difference of two tensors of one shape.
[[nodiscard]] inline double difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) throw std::runtime_error("two tensors to compare have different shapes");
  return a.numel() == 0 ? 0 : a.detach().to(at::kDouble).sub(b.detach().to(at::kDouble)).abs().max().item<double>();
}

}  // namespace leat
