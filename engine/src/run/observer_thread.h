#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "leat/work_thread.h"
#include "run/observers.h"

namespace leat::run {

/// Reports retired steps, files and messages to observers, in order, on a thread of its own. So neither workers nor the device lane nor the
/// recorder wait for an observer, which can wait for a terminal or a network. Holds its lock to count. [any thread]
class ObserverThread {
 public:
  /// `failed` takes exceptions from observers.
  ObserverThread(const Observers& observers, std::function<void(std::exception_ptr)> failed)
      : observers_(observers), failed_(std::move(failed)) {}

  /// Queues a call of `tell_one` for each observer that is attached now and takes `what`. Does not wait.
  void tell(Hears what, std::function<void(Observer&)> tell_one);
  /// Returns when fewer than `most_waiting` calls wait, so that the queue stays bounded; or after `let_go`.
  void make_room();
  /// Makes `make_room` return at once from now on, because the run ends.
  void let_go();
  /// Returns when all queued calls are done. Must not be called on the thread itself.
  void flush() { thread_.flush(); }

 private:
  /// Largest number of waiting calls: seconds of fast steps, but little memory.
  static constexpr int most_waiting = 4096;

  const Observers& observers_;
  const std::function<void(std::exception_ptr)> failed_;
  std::mutex lock_;
  std::condition_variable moved_;
  int waiting_ = 0;
  bool is_let_go_ = false;
  WorkThread thread_;  ///< Last member, so that it is joined before the others are destroyed.
};

}  // namespace leat::run
