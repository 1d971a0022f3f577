#pragma once

#include <ATen/core/Tensor.h>
#include <initializer_list>
#include <vector>

#include "leat/frame.h"
#include "leat/loss_term.h"

namespace leat {

/// The weights of a step's rows in a node: 1, or 0 for the row of a dropped sample, which repeats a live one. A loss multiplies its values
/// by them: `RowWeights::of({frame.rows(logits), frame.rows(mask)}).term(values)`. If all are 1, the usual case, there is no copy to the
/// device and no multiplication, unless the weights differ from step to step. [worker]
class RowWeights {
 public:
  /// With `differ_by_step`, values are multiplied also if all weights are 1, so that the device has the same work in every step.
  explicit RowWeights(std::vector<float> weights, bool differ_by_step = false);
  /// Returns, for each row, the product of its weights in all streams that the node reads. Rows are as many as in the shortest stream.
  [[nodiscard]] static RowWeights of(std::initializer_list<RowList> streams);

  [[nodiscard]] int size() const { return static_cast<int>(weights_.size()); }
  [[nodiscard]] float operator[](int row) const { return weights_[static_cast<std::size_t>(row)]; }
  [[nodiscard]] bool are_one() const { return sum_ == static_cast<double>(weights_.size()); }
  /// Returns the weights as a tensor, N, float.
  [[nodiscard]] at::Tensor tensor(const at::Device& device) const;
  /// Returns `values`, N x ..., times the weights of their rows; `values` itself if all are 1 in every step. Throws std::invalid_argument
  /// for another number of rows.
  [[nodiscard]] at::Tensor times(const at::Tensor& values) const;
  /// Returns a loss's term: the sum of its values, N, times the weights, and the sum of the weights. Throws std::invalid_argument for
  /// values of another shape.
  [[nodiscard]] LossTerm term(const at::Tensor& values) const;

 private:
  std::vector<float> weights_;
  double sum_ = 0;
  bool differ_by_step_ = false;
};

}  // namespace leat
