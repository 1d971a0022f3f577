#pragma once

#include <ATen/core/Tensor.h>

namespace leat {

enum class Thresholds { Fixed, Free, Soft };

struct GateSettings {
  double threshold = 0.9;  ///< Used with `Thresholds::Fixed`.
  at::Tensor target;       ///< Target of the mean of a group's probabilities: C values, or 1 value if uniform. Undefined: no alignment.
  double alignment_decay = 0.9;
  bool balances = false;
  double balance_decay = 0.9;
  double balance_most = 3;
  Thresholds thresholds = Thresholds::Fixed;
  double threshold_decay = 0.999;
};

/// Memory of a gate for each group of samples, G x C or G x 1 on the device. Invariant: tensors are replaced, never changed in place.
struct GateMemory {
  at::Tensor mean;        ///< Running mean of the probabilities before alignment.
  at::Tensor share;       ///< Running share of each class among the pseudo-labels that passed.
  at::Tensor judged;      ///< Running mean of the aligned probabilities. This and the members below are for free and soft thresholds.
  at::Tensor confidence;  ///< Running mean of the largest aligned probability, G x 1.
  at::Tensor variance;    ///< Running variance of the largest aligned probability, G x 1.

  /// Returns the initial memory: 1/C everywhere, and a variance of 1.
  [[nodiscard]] static GateMemory uniform(std::int64_t groups, std::int64_t classes, const at::Device& device);
};

/// The rows of a step.
struct GateRows {
  at::Tensor probabilities;  ///< N x C.
  at::Tensor group;          ///< N, int: each row's group, 0..G-1.
  at::Tensor weight;         ///< N: 1, or 0 for a row of a dropped sample, which neither passes nor counts.
};

struct GateVerdict {
  at::Tensor pseudo;      ///< N, int.
  at::Tensor confidence;  ///< N: the largest aligned probability.
  at::Tensor needed;      ///< N: the lowest confidence that passes; with soft thresholds, that from which on the weight is 1.
  at::Tensor passed;      ///< N: 1 or 0; with soft thresholds, also values between.
  at::Tensor weight;      ///< N: `passed`, with `balances` multiplied by a balancing weight of at most `balance_most`.
};

/// Aligns the distribution of each group, q ← normalise(q · target / p̄) (Berthelot et al., "ReMixMatch", ICLR 2020, section 3.1). Then
/// compares max q with the threshold of the group:
///   Fixed  `threshold` for all (Sohn et al., "FixMatch", NeurIPS 2020).
///   Free   τ p̃(c) / max p̃, where τ is the running mean of max q and p̃ that of q (Wang et al., "FreeMatch", ICLR 2023).
///   Soft   no threshold; a weight of 1 above the running mean μ of max q, and exp(−(max q − μ)² / 2σ²) below it, where σ² is the running
///   variance (Chen et al., "SoftMatch", ICLR 2023).
/// p̄ and the share for balancing are updated with the rows of this step before they are used. With `balances`, the weight of a passed row
/// of class c is multiplied by min(`balance_most`, (1/C) / share of c). A group without rows keeps its values, and one without passed rows
/// keeps its share. Replaces the memory.
[[nodiscard]] GateVerdict judge(const GateRows& rows, const GateSettings& settings, GateMemory& memory);

/// Returns G x N: the row's weight if the row is in the group, otherwise 0.
[[nodiscard]] at::Tensor group_membership(const GateRows& rows, std::int64_t groups);

/// Returns classes, N (int), as one-hot rows, N x C of 0 and 1.
[[nodiscard]] at::Tensor class_indicators(const at::Tensor& classes, std::int64_t count);

}  // namespace leat
