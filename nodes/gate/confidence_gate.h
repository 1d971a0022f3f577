#pragma once

#include <ATen/core/Tensor.h>

namespace leat {

struct GateSettings {
  double threshold = 0.9;
  at::Tensor target;  ///< C, or 1 for uniform: what the mean of a group's probabilities is brought to; undefined: no alignment.
  double alignment_decay = 0.9;
  bool balances = false;
  double balance_decay = 0.9;
  double balance_most = 3;
};

/// What a gate remembers of each group of samples, G x C on the device; never changed in place.
struct GateMemory {
  at::Tensor mean;   ///< Running mean of the probabilities as they came.
  at::Tensor share;  ///< Running share of each class among the pseudo-labels that passed.

  /// Both start as 1/C.
  [[nodiscard]] static GateMemory uniform(std::int64_t groups, std::int64_t classes, const at::Device& device);
};

/// The rows of a step.
struct GateRows {
  at::Tensor probabilities;  ///< N x C.
  at::Tensor group;          ///< N, int: each row's group, 0..G-1.
  at::Tensor weight;         ///< N: 1, or 0 for a row that must neither pass nor count.
};

struct GateVerdict {
  at::Tensor pseudo;      ///< N, int.
  at::Tensor confidence;  ///< N, of the aligned probabilities.
  at::Tensor passed;      ///< N, 1 or 0.
  at::Tensor weight;      ///< N: 0 where not passed, else 1 or, balanced, up to `balance_most`.
};

/// Distribution alignment (Berthelot et al., "ReMixMatch", ICLR 2020, section 3.1) for each group, q ← normalise(q · target / p̄), then
/// max q >= threshold. p̄ is updated with this step's rows first and used then; so is the share that balances: the weight of a passed row
/// of class c is min(most, (1/C) / share of c). A group without rows, or without passed ones, keeps what it had. The memory is replaced.
[[nodiscard]] GateVerdict judge(const GateRows& rows, const GateSettings& settings, GateMemory& memory);

/// Which rows count for which group: G x N, weight or 0.
[[nodiscard]] at::Tensor group_membership(const GateRows& rows, std::int64_t groups);

/// N (int) as N x C of 0 and 1.
[[nodiscard]] at::Tensor class_indicators(const at::Tensor& classes, std::int64_t count);

}  // namespace leat
