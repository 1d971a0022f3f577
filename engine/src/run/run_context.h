#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "leat/executor.h"
#include "leat/lane.h"
#include "leat/program.h"
#include "record/event_log.h"
#include "record/ticks.h"
#include "run/bell.h"
#include "run/observer_thread.h"
#include "run/observers.h"
#include "run/rank_times.h"
#include "run/run_threads.h"

namespace leat::run {

class CallMemory;
class ValueCache;

/// The data that all flows of one run share. It outlives them. Holds its lock for the first exception only. [any thread]
struct RunContext {
  Program* program = nullptr;
  Lane* lane = nullptr;
  Executor* executor = nullptr;
  std::filesystem::path folder;                                                    ///< The run's folder; empty if nothing is kept.
  record::EventLog* log = nullptr;                                                 ///< Null if the run keeps no log.
  std::function<void(const std::string&)> warn;                                    ///< Reports each sentence once per run.
  std::function<bool(std::string_view phase, std::int64_t step, int slot)> drops;  ///< As in RunOptions.
  std::function<bool(std::string_view phase, std::int64_t step)> repeats_next;     ///< As in RunOptions.
  TimedRanks* ranks = nullptr;                                                     ///< Null if one process computes the run.
  /// For a run on several ranks: this one was asked to stop. All stop after the same step.
  std::atomic<bool> wants_stop{false};
  /// What rank 0 runs alone: a validation, for which the others wait, or the phases after the training.
  enum class Alone { No, Validates, Ends };
  std::atomic<Alone> alone{Alone::No};
  std::function<void()> cut_off;  ///< Lets no flow admit a further step.
  CallMemory* memory = nullptr;   ///< Null if no results of calls are kept.
  ValueCache* cache = nullptr;    ///< Null if the plan has none.
  record::Ticks ticks;
  RunThreads threads;
  Observers observers;
  Bell bell;  ///< Wakes the thread in Run::run: a step is done, a stop is asked for, or something failed.

  std::atomic<bool> has_failed{false};
  std::atomic<bool> is_paused{false};  ///< No step is admitted.
  std::atomic<int> pauses{0};          ///< Number of pauses that have ended.
  // On a cache line of their own: workers write these, but read the members around them in every body.
  alignas(64) std::atomic<std::int64_t> bytes{0};
  std::atomic<std::int64_t> peak_bytes{0};
  std::atomic<int> on_lane{0};  ///< Number of submitted segments that have not ended.

  /// Adds `change` to the bytes in flight. `most` is the largest change on the way, for the peak. Returns the bytes in flight.
  std::int64_t add_bytes(std::int64_t change, std::int64_t most) {
    const std::int64_t before = bytes.fetch_add(change, std::memory_order_relaxed);
    if (most > 0) {
      std::int64_t peak = peak_bytes.load(std::memory_order_relaxed);
      while (before + most > peak && !peak_bytes.compare_exchange_weak(peak, before + most, std::memory_order_relaxed)) {
      }
    }
    return before + change;
  }
  /// Ends the run. Keeps the first exception only.
  void fail(std::exception_ptr error);
  [[nodiscard]] std::exception_ptr error();
  /// Returns when the lane has no segment left.
  void wait_for_lane();

 private:
  std::mutex lock_;
  std::exception_ptr error_;

 public:
  /// Last member, so that its thread ends before the others are destroyed.
  ObserverThread observer_thread{observers, [this](std::exception_ptr error) { fail(std::move(error)); }};
};

}  // namespace leat::run
