#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "gate/confidence_gate.h"

namespace leat {

/// Counts of a gate's rows in one block of numbers. Blocks of several steps can be added, and one copy brings a block to the host. Layout
/// for G groups and C classes: rows by pseudo-label G x C, passed rows G x C, passed rows with a known class G, right pseudo-labels among
/// these G, sum of confidences 1, rows by confidence in `bins` classes.
class GateTally {
 public:
  static constexpr std::int64_t bins = 10;  ///< Classes of confidence, each of a tenth.

  GateTally(std::int64_t groups, std::int64_t classes, std::vector<double> numbers)
      : groups_(groups), classes_(classes), numbers_(std::move(numbers)) {
    // Counts in a checkpoint of an earlier version of Leat end before those by confidence.
    numbers_.resize(place_of_confidence() + 1 + bins);
  }

  /// Returns the counts of one step, in double. `truth` is N, int, -1 for unknown; undefined: no class is known.
  [[nodiscard]] static at::Tensor count(const GateRows& rows, const GateVerdict& verdict, const at::Tensor& truth, std::int64_t groups);

  // Fractions of rows that pass: among all rows, the rows with a pseudo-label, or the rows of a group; 0 if there are none.
  [[nodiscard]] double share() const;
  [[nodiscard]] double share_of_class(std::int64_t index) const;
  [[nodiscard]] double share_of_group(std::int64_t group) const;
  /// Returns the fraction of the class among the pseudo-labels that passed; 0 if none did.
  [[nodiscard]] double pseudo(std::int64_t index) const;
  [[nodiscard]] double confidence() const;
  /// Returns the fraction of the rows whose confidence is in this tenth; 0 if there are none.
  [[nodiscard]] double share_of_bin(std::int64_t bin) const;
  // Fraction of right pseudo-labels among passed ones whose class is known; NaN if there are none.
  [[nodiscard]] double accuracy() const;
  [[nodiscard]] double accuracy_of_group(std::int64_t group) const;

 private:
  /// Returns the sum of a block's entries with this group and class; -1: all of them.
  [[nodiscard]] double sum(std::int64_t block, std::int64_t group, std::int64_t index) const;
  [[nodiscard]] double per_group(std::int64_t block, std::int64_t group) const;
  [[nodiscard]] std::size_t place_of_confidence() const { return static_cast<std::size_t>((2 * classes_ + 2) * groups_); }

  std::int64_t groups_;
  std::int64_t classes_;
  std::vector<double> numbers_;
};

}  // namespace leat
