#pragma once

#include <ATen/core/Tensor.h>

#include "leat/frame.h"
#include "leat/label.h"
#include "leat/row_weights.h"

namespace leat {

/// Returns the cross-entropy of softmax(logits) for each row, N, from logits, N x C, and classes, N (int).
[[nodiscard]] at::Tensor softmax_cross_entropy(const at::Tensor& logits, const at::Tensor& classes);

/// Returns the binary cross-entropy of sigmoid(logits) for each row, averaged over its classes: N, from two N x C; targets are 0 or 1.
[[nodiscard]] at::Tensor sigmoid_cross_entropy(const at::Tensor& logits, const at::Tensor& targets);

/// Returns the loss's term of rows with unknown findings. A row's loss is the mean over its known findings; a row without any does not
/// count.
[[nodiscard]] LossTerm known_sigmoid_cross_entropy(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& known,
                                                   const RowWeights& weights);

/// Returns the classes of the rows, N, int. Throws std::runtime_error, which names the sample, if a row of weight above 0 has no class in
/// 0..C-1.
[[nodiscard]] at::Tensor class_targets(const Rows<Label>& labels, const RowWeights& weights, const at::Tensor& logits);

/// The findings of the rows if several classes can be present.
struct MultiLabelTargets {
  at::Tensor targets;  ///< N x C, float, 0 or 1. Unknown findings are 0.
  at::Tensor known;    ///< N x C, float: 1 for a known finding, else 0. Undefined if all findings of rows with a weight are known, and no
                       ///< step has unknown ones.
};
/// Throws like `class_targets`. `can_be_unknown`: some step of the phase has unknown findings.
[[nodiscard]] MultiLabelTargets multi_label_targets(const Rows<Label>& labels, const RowWeights& weights, const at::Tensor& logits,
                                                    bool can_be_unknown);

}  // namespace leat
