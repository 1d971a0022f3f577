#pragma once

#include <cstdint>

#include "metric/mask_pair.h"

namespace leat {

/// Pixel counts of a prediction and its reference, or the sums over several pairs. If both masks are empty, all ratios except
/// `trivial_dice` are 1. Otherwise a ratio with denominator 0 is 0.
struct Overlap {
  std::int64_t shared = 0;
  std::int64_t predicted = 0;
  std::int64_t reference = 0;
  std::int64_t pixels = 0;  ///< Number of known pixels of the image.

  Overlap& operator+=(const Overlap& other);
  [[nodiscard]] bool are_both_empty() const { return predicted + reference == 0; }
  [[nodiscard]] double dice() const {
    return are_both_empty() ? 1 : 2.0 * static_cast<double>(shared) / static_cast<double>(predicted + reference);
  }
  /// Returns the Dice of predicting every pixel.
  [[nodiscard]] double trivial_dice() const {
    return reference == 0 ? 0 : 2.0 * static_cast<double>(reference) / static_cast<double>(reference + pixels);
  }
  [[nodiscard]] double jaccard() const {
    return are_both_empty() ? 1 : static_cast<double>(shared) / static_cast<double>(predicted + reference - shared);
  }
  [[nodiscard]] double precision() const { return share_of(predicted); }
  [[nodiscard]] double recall() const { return share_of(reference); }

 private:
  [[nodiscard]] double share_of(std::int64_t whole) const {
    if (whole == 0) return are_both_empty() ? 1 : 0;
    return static_cast<double>(shared) / static_cast<double>(whole);
  }
};

[[nodiscard]] Overlap overlap(const MaskPair& masks);

}  // namespace leat
