#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "record/event_log.h"
#include "run/call.h"
#include "run/ready_tasks.h"
#include "run/run_threads.h"

namespace leat::run {

/// The bodies that a worker runs one after another under one token. If a body makes several tasks ready, all but one are posted, and the
/// worker continues with that one. Counts that all workers share are collected here and added at the end of the chain, or when the step
/// changes. [worker]
struct Chain {
  Chain(Flow& flow, const FrameKey& phase) : call(flow, phase) {}
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  Frame::Call call;
  RunningNow* running = nullptr;
  record::EventLog::ThreadLog* log = nullptr;  ///< Null if the run keeps no log.
  std::int64_t now = 0;                        ///< End of the last body, in ticks.
  int home = -1;                               ///< Node whose token the worker holds; -1 if it holds none.
  int node = -1;                               ///< Node of `next()`; -1 if there is none yet.
  Ledger* ledger = nullptr;                    ///< Ledger of the `done` tasks that are not yet counted.
  int done = 0;
  /// Pairs of a cell and its value, which leaves a segment when the device has computed it.
  std::vector<std::pair<std::size_t, Value>> leaving;
  std::int64_t bytes = 0;  ///< Change of the bytes in flight that is not yet counted.
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
