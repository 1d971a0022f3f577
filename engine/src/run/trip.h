#pragma once

#include <cstdint>

#include "record/event_log.h"
#include "run/station.h"

namespace leat::run {

/// One worker's way from body to body. A body that makes others ready posts all but one of them, and its worker goes on with that one.
/// What every body changes and all workers share, it counts here and settles at the end.
struct Trip {
  record::EventLog::Teller* log = nullptr;  ///< Absent: nothing is logged.
  std::int64_t now = 0;      ///< When the last body ended, in the log's ticks.
  int home = -1;             ///< The node whose token it holds; -1: none.
  int node = -1;             ///< To go on with, and `next()`; -1: none yet.
  Ledger* ledger = nullptr;  ///< Whose units are done and not yet counted.
  int done = 0;
  std::int64_t bytes = 0;    ///< Not yet added to those in flight.
  std::int64_t most_bytes = 0;

  [[nodiscard]] Item& current() { return items_[at_]; }
  [[nodiscard]] Item& next() { return items_[1 - at_]; }
  void go_on() { at_ = 1 - at_; }

 private:
  Item items_[2];
  int at_ = 0;
};

}  // namespace leat::run
