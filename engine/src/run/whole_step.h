#pragma once

#include <cstdint>
#include <vector>

#include "leat/program.h"
#include "leat/ranks.h"
#include "run/layout.h"
#include "run/ledger.h"
#include "run/packed.h"

namespace leat::run {

/// A step of a training with the rows of all ranks, for the nodes that see them. Their inputs are collected before such a node runs, and
/// each rank keeps its own rows of what it puts. Each value is collected once in a step. On the lane's thread. [one thread]
class WholeStep {
 public:
  WholeStep(const ProgramPhase& phase, Ranks& ranks);

  /// Forgets the step before.
  void begin(const Ledger& own);
  /// Collects what a node reads. Throws std::runtime_error if some ranks have a value that others lack.
  void collect(const ProgramNode& node, const Ledger& own);
  [[nodiscard]] Ledger& ledger() { return ledger_; }
  /// Gives what a node has put back to this rank's ledger: its rows, and values without rows; and its metrics.
  void give_back(const ProgramNode& node, Ledger& own);

 private:
  [[nodiscard]] bool is_missing(const Feed& feed) const;
  void pack_samples(int origin, const Ledger& own, Packed& to) const;
  void pack_values(int wire, const Ledger& own, Packed& to) const;
  void unpack_samples(int origin, std::vector<Unpacked>& from);
  void unpack_slots(int wire, const Ledger& own, std::vector<Unpacked>& from);
  void unpack_rows(int wire, const Ledger& own, std::vector<Unpacked>& from);
  /// Returns the number of a rank's rows.
  [[nodiscard]] int rows_of(int rank, int origin) const;
  /// Returns true if only nodes that see all rows read the wire.
  [[nodiscard]] bool stays_whole(const Wire& wire) const;

  const ProgramPhase& phase_;
  Ranks& ranks_;
  const Layout layout_;
  Ledger ledger_;
  std::vector<char> has_samples_;  ///< Indexed by origin.
  std::vector<char> has_wire_;     ///< Indexed by wire.
};

}  // namespace leat::run
