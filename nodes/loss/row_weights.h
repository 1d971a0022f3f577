#pragma once

#include <ATen/core/Tensor.h>
#include <initializer_list>
#include <vector>

#include "leat/frame.h"
#include "leat/loss_term.h"

namespace leat {

/// The weights of rows that meet in a node: 1, or 0 where one of the streams dropped its sample. They stay on the host as long as all are
/// 1, which is nearly always.
class RowWeights {
 public:
  explicit RowWeights(std::vector<float> weights);
  /// Their product, over the rows that all of the streams have.
  [[nodiscard]] static RowWeights of(std::initializer_list<RowList> streams);

  [[nodiscard]] int size() const { return static_cast<int>(weights_.size()); }
  [[nodiscard]] float operator[](int row) const { return weights_[static_cast<std::size_t>(row)]; }
  [[nodiscard]] bool are_one() const { return sum_ == static_cast<double>(weights_.size()); }
  /// N, float.
  [[nodiscard]] at::Tensor tensor(const at::Device& device) const;
  /// Values of rows, N x ..., times the weights; the values themselves where all are 1.
  [[nodiscard]] at::Tensor times(const at::Tensor& values) const;
  /// The term of a loss with these values of rows, N.
  [[nodiscard]] LossTerm term(const at::Tensor& values) const;

 private:
  std::vector<float> weights_;
  double sum_ = 0;
};

}  // namespace leat
