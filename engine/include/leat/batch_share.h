#pragma once

namespace leat {

/// The part of every training batch that this process computes: slots `rank`, `rank + ranks`, … of each source's whole batch. A slot's
/// number in the whole batch keys its random numbers and names it in messages. Its place in a ledger counts only the slots of this process.
/// Invariant: `ranks` >= 1 and 0 <= `rank` < `ranks`.
struct BatchShare {
  int rank = 0;
  int ranks = 1;

  [[nodiscard]] int slot_of(int place) const { return place * ranks + rank; }
  /// Returns how many of the first `slots` slots of a batch belong to this process.
  [[nodiscard]] int places_of(int slots) const { return slots > rank ? (slots - rank + ranks - 1) / ranks : 0; }
};

}  // namespace leat
