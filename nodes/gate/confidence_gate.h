#pragma once

#include <ATen/core/Tensor.h>

namespace leat {

enum class Thresholds { Fixed, Free, Soft };

struct GateSettings {
  double threshold = 0.9;  ///< Of `Thresholds::Fixed`.
  at::Tensor target;       ///< C, or 1 for uniform: what the mean of a group's probabilities is brought to; undefined: no alignment.
  double alignment_decay = 0.9;
  bool balances = false;
  double balance_decay = 0.9;
  double balance_most = 3;
  Thresholds thresholds = Thresholds::Fixed;
  double threshold_decay = 0.999;
};

/// What a gate remembers of each group of samples, G x C or G x 1 on the device; never changed in place.
struct GateMemory {
  at::Tensor mean;        ///< Running mean of the probabilities as they came.
  at::Tensor share;       ///< Running share of each class among the pseudo-labels that passed.
  at::Tensor judged;      ///< Running mean of the aligned probabilities, for thresholds that adapt, as all below.
  at::Tensor confidence;  ///< Running mean of the largest of these, G x 1.
  at::Tensor variance;    ///< And its running variance, G x 1.

  /// All start as 1/C, but the variance as 1.
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
  at::Tensor passed;      ///< N, 1 or 0; of soft thresholds what lies between as well.
  at::Tensor weight;      ///< N: 0 where not passed, else 1 or, balanced, up to `balance_most`.
};

/// Distribution alignment (Berthelot et al., "ReMixMatch", ICLR 2020, section 3.1) for each group, q ← normalise(q · target / p̄), then
/// max q >= threshold, as `Thresholds` says for each group:
///   Fixed  `threshold` for all (Sohn et al., "FixMatch", NeurIPS 2020).
///   Free   τ p̃(c) / max p̃, where τ is the running mean of max q and p̃ that of q (Wang et al., "FreeMatch", ICLR 2023).
///   Soft   no threshold but a weight, exp(−(max q − μ)² / 2σ²) below the running mean μ of max q, 1 above, and σ² its running variance
///   (Chen
///          et al., "SoftMatch", ICLR 2023).
/// p̄ is updated with this step's rows first and used then; so is the share that balances: the weight of a passed row
/// of class c is min(most, (1/C) / share of c). A group without rows, or without passed ones, keeps what it had. The memory is replaced.
[[nodiscard]] GateVerdict judge(const GateRows& rows, const GateSettings& settings, GateMemory& memory);

/// Which rows count for which group: G x N, weight or 0.
[[nodiscard]] at::Tensor group_membership(const GateRows& rows, std::int64_t groups);

/// N (int) as N x C of 0 and 1.
[[nodiscard]] at::Tensor class_indicators(const at::Tensor& classes, std::int64_t count);

}  // namespace leat
