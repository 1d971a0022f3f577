#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "gate/confidence_gate.h"

namespace leat {

/// Counts of a gate's rows as one block of numbers, so that steps add up and one copy brings all to the host. Layout for G groups and C
/// classes: rows G x C by pseudo-label, passed G x C, passed with a known class G, right ones among them G, sum of confidences 1.
class GateTally {
 public:
  GateTally(std::int64_t groups, std::int64_t classes, std::vector<double> numbers)
      : groups_(groups), classes_(classes), numbers_(std::move(numbers)) {}

  /// `truth`: N, int, -1 where it is not known; undefined: nowhere. Double.
  [[nodiscard]] static at::Tensor count(const GateRows& rows, const GateVerdict& verdict, const at::Tensor& truth, std::int64_t groups);

  // Shares of the rows that pass, of all, of a pseudo-label's, of a group's; 0 where there is none.
  [[nodiscard]] double share() const;
  [[nodiscard]] double share_of_class(std::int64_t index) const;
  [[nodiscard]] double share_of_group(std::int64_t group) const;
  /// The class's share of the pseudo-labels that passed; 0 where none did.
  [[nodiscard]] double pseudo(std::int64_t index) const;
  [[nodiscard]] double confidence() const;
  // The share of right ones among passed pseudo-labels whose class is known; not a number where there is none.
  [[nodiscard]] double accuracy() const;
  [[nodiscard]] double accuracy_of_group(std::int64_t group) const;

 private:
  /// The sum of a block's entries with this group and class; -1: of all.
  [[nodiscard]] double sum(std::int64_t block, std::int64_t group, std::int64_t index) const;
  [[nodiscard]] double per_group(std::int64_t block, std::int64_t group) const;

  std::int64_t groups_;
  std::int64_t classes_;
  std::vector<double> numbers_;
};

}  // namespace leat
