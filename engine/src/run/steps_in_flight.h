#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "run/ledger.h"

namespace leat::run {

/// The steps in flight: a ring of ledgers, one for each credit. One thread at a time admits steps and takes them back in order
/// (Flow::look); any thread may report that tasks of a step are done. Has no lock. Member functions are called in `look`, if they say
/// nothing else.
class StepsInFlight {
 public:
  StepsInFlight(const ProgramPhase& phase, const Layout& layout, std::int64_t first_step);

  /// Steps before this one are retired. [any thread]
  [[nodiscard]] std::int64_t retired() const { return retired_.load(); }
  /// The next step to be admitted. [any thread]
  [[nodiscard]] std::int64_t next() const { return next_.load(); }
  [[nodiscard]] bool has_credit() const { return next_ - retired_ < static_cast<std::int64_t>(ledgers_.size()); }
  /// The ledger of the next step, which is in flight from now on.
  [[nodiscard]] Ledger& admit() { return of(next_++); }
  /// The oldest step in flight if all of its tasks are done; else null.
  [[nodiscard]] Ledger* finished() const;
  /// The oldest step is through; its ledger is free.
  void retire() { ++retired_; }
  /// Tasks of a step are done. Returns true if there is something to look at: the oldest step is finished. [any thread]
  [[nodiscard]] bool done(Ledger& ledger, int tasks);
  /// Drops the values of all steps in flight, when no body runs any more. Returns the bytes that were counted for them.
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
