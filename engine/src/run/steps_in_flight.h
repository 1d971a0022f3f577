#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "run/ledger.h"

namespace leat::run {

/// The steps in flight: a ring of ledgers, one per credit. One thread at a time admits and retires steps in order (Flow::look). Any thread
/// can report finished tasks. Has no lock. Member functions without a tag are called in Flow::look.
class StepsInFlight {
 public:
  StepsInFlight(const ProgramPhase& phase, const Layout& layout, std::int64_t first_step);

  /// Returns the first step that is not retired. [any thread]
  [[nodiscard]] std::int64_t retired() const { return retired_.load(); }
  /// Returns the next step to be admitted. [any thread]
  [[nodiscard]] std::int64_t next() const { return next_.load(); }
  [[nodiscard]] bool has_credit() const { return next_ - retired_ < static_cast<std::int64_t>(ledgers_.size()); }
  /// Admits the next step and returns its ledger.
  [[nodiscard]] Ledger& admit() { return of(next_++); }
  /// Returns the ledger of the oldest step in flight if all its tasks are done; otherwise null.
  [[nodiscard]] Ledger* finished() const;
  /// Retires the oldest step, and frees its ledger.
  void retire() { ++retired_; }
  /// Counts finished tasks of a step. Returns true if the oldest step is now finished. [any thread]
  [[nodiscard]] bool done(Ledger& ledger, int tasks);
  /// Drops the values of all steps in flight when no body is running. Returns the bytes that were counted for them.
  std::int64_t abandon();

 private:
  [[nodiscard]] Ledger& of(std::int64_t step) const {
    return *ledgers_[static_cast<std::size_t>(step % static_cast<std::int64_t>(ledgers_.size()))];
  }

  std::vector<std::unique_ptr<Ledger>> ledgers_;
  alignas(64) std::atomic<std::int64_t> next_;
  std::atomic<std::int64_t> retired_;
};

}  // namespace leat::run
