#pragma once

#include <cstdint>
#include <utility>

#include "record/event_log.h"
#include "run/call.h"
#include "run/ready_tasks.h"
#include "run/run_threads.h"

namespace leat::run {

/// The bodies that a worker runs one after another under one token. A body that makes others ready posts all of them but one, and its
/// worker goes on with that one. What all workers share is counted here and settled at the end of the chain, or when the step changes.
/// [worker]
struct Chain {
  Chain(Flow& flow, const FrameKey& phase) : call(flow, phase) {}
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  Frame::Call call;
  RunningNow* running = nullptr;
  record::EventLog::ThreadLog* log = nullptr;  ///< Null: nothing is logged.
  std::int64_t now = 0;                        ///< When the last body ended, in ticks.
  int home = -1;                               ///< The node whose token the worker holds; -1: none.
  int node = -1;                               ///< The node of `next()`; -1: none yet.
  Ledger* ledger = nullptr;                    ///< Whose tasks are done and not yet counted.
  int done = 0;
  std::int64_t bytes = 0;  ///< Not yet added to those in flight.
  std::int64_t most_bytes = 0;

  [[nodiscard]] ReadyTask& current() { return *current_; }
  [[nodiscard]] ReadyTask& next() { return *next_; }
  void go_on() { std::swap(current_, next_); }

 private:
  ReadyTask tasks_[2];
  ReadyTask* current_ = &tasks_[0];
  ReadyTask* next_ = &tasks_[1];
};

}  // namespace leat::run
