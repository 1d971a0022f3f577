#include "loss/class_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <stdexcept>

#include "leat/unknown.h"
#include "tensor/to_device.h"

namespace leat {

namespace {
[[noreturn]] void refuse(const Rows<Label>& labels, int row, const std::string& fact) {
  throw std::runtime_error("sample `" + labels.sample(row).id + "` " + fact);
}
}  // namespace

at::Tensor softmax_cross_entropy(const at::Tensor& logits, const at::Tensor& classes) {
  return at::cross_entropy_loss(logits, classes, {}, at::Reduction::None);
}

at::Tensor sigmoid_cross_entropy(const at::Tensor& logits, const at::Tensor& targets) {
  return at::binary_cross_entropy_with_logits(logits, targets, {}, {}, at::Reduction::None).mean(1);
}

LossTerm known_sigmoid_cross_entropy(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& known,
                                     const RowWeights& weights) {
  const at::Tensor losses = at::binary_cross_entropy_with_logits(logits, targets, {}, {}, at::Reduction::None) * known;
  const at::Tensor counts = known.sum(1);
  return {weights.times(losses.sum(1) / counts.clamp_min(1)).sum(), weights.times(counts.gt(0).to(at::kFloat)).sum()};
}

at::Tensor class_targets(const Rows<Label>& labels, const RowWeights& weights, const at::Tensor& logits) {
  const auto classes = logits.size(1);
  at::Tensor targets = at::zeros({labels.size()}, at::kLong);
  auto* target = targets.mutable_data_ptr<std::int64_t>();
  for (int row = 0; row < labels.size(); ++row) {
    if (weights[row] == 0) continue;
    const int index = labels[row].index;
    if (index < 0) refuse(labels, row, "has no label");
    if (index >= classes)
      refuse(labels, row, "has class " + std::to_string(index) + ", but the logits have the classes 0.." + std::to_string(classes - 1));
    target[row] = index;
  }
  return to_device(targets, logits.device());
}

MultiLabelTargets multi_label_targets(const Rows<Label>& labels, const RowWeights& weights, const at::Tensor& logits, bool can_be_unknown) {
  const auto classes = logits.size(1);
  at::Tensor targets = at::zeros({labels.size(), classes}, at::kFloat), known = at::ones({labels.size(), classes}, at::kFloat);
  auto* target = targets.mutable_data_ptr<float>();
  auto* is_known = known.mutable_data_ptr<float>();
  bool has_unknown = can_be_unknown;
  for (int row = 0; row < labels.size(); ++row, target += classes, is_known += classes) {
    if (weights[row] == 0) continue;
    const auto& several = labels[row].several;
    if (several.empty()) refuse(labels, row, "has no list of labels");
    if (static_cast<std::int64_t>(several.size()) != classes)
      refuse(labels, row, "has " + std::to_string(several.size()) + " labels, but the logits have " + std::to_string(classes) + " classes");
    for (std::size_t k = 0; k < several.size(); ++k) {
      target[k] = several[k] == 1 ? 1 : 0;
      if (several[k] == unknown::finding) is_known[k] = 0, has_unknown = true;
    }
  }
  return {to_device(targets, logits.device()), has_unknown ? to_device(known, logits.device()) : at::Tensor()};
}

}  // namespace leat
