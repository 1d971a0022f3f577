#pragma once

#include <cstdint>
#include <utility>

#include "record/event_log.h"
#include "run/site.h"
#include "run/station.h"

namespace leat::run {

/// One worker's way from body to body. A body that makes others ready posts all but one of them, and its worker goes on with that one.
/// What every body changes and all workers share, it counts here and settles at the end.
struct Trip {
  Trip(Flow& flow, const FrameKey& phase) : site(flow, phase) {}
  Trip(const Trip&) = delete;
  Trip& operator=(const Trip&) = delete;

  Frame::Site site;
  record::EventLog::Teller* log = nullptr;  ///< Absent: nothing is logged.
  std::int64_t now = 0;                     ///< When the last body ended, in the log's ticks.
  int home = -1;                            ///< The node whose token it holds; -1: none.
  int node = -1;                            ///< To go on with, and `next()`; -1: none yet.
  Ledger* ledger = nullptr;                 ///< Whose units are done and not yet counted.
  int done = 0;
  std::int64_t bytes = 0;  ///< Not yet added to those in flight.
  std::int64_t most_bytes = 0;

  [[nodiscard]] Item& current() { return *current_; }
  [[nodiscard]] Item& next() { return *next_; }
  void go_on() { std::swap(current_, next_); }

 private:
  Item items_[2];
  Item* current_ = &items_[0];
  Item* next_ = &items_[1];
};

}  // namespace leat::run
