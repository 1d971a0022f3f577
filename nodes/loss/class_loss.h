#pragma once

#include <ATen/core/Tensor.h>

#include "leat/frame.h"
#include "leat/label.h"
#include "leat/row_weights.h"

namespace leat {

/// Cross-entropy of softmax(logits) for each row: N x C and N (int) to N.
[[nodiscard]] at::Tensor softmax_cross_entropy(const at::Tensor& logits, const at::Tensor& classes);

/// Binary cross-entropy of sigmoid(logits) for each row, the mean of its classes: N x C and N x C (0 or 1) to N.
[[nodiscard]] at::Tensor sigmoid_cross_entropy(const at::Tensor& logits, const at::Tensor& targets);

/// The classes of rows as a tensor of N, int. Throws std::runtime_error that names the sample where a row that counts has none of 0..C-1.
[[nodiscard]] at::Tensor class_targets(const Rows<Label>& labels, const RowWeights& weights, const at::Tensor& logits);

/// The same for several labels at once, N x C, float.
[[nodiscard]] at::Tensor multi_label_targets(const Rows<Label>& labels, const RowWeights& weights, const at::Tensor& logits);

}  // namespace leat
