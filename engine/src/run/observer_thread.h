#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "leat/work_thread.h"
#include "run/observers.h"

namespace leat::run {

/// Tells observers of retired steps, of files and of sentences, in order, on a thread of its own: neither workers nor the device lane nor
/// the recorder wait for an observer, which may wait for a terminal or for a network. Holds its lock to count. [any thread]
class ObserverThread {
 public:
  /// `failed` takes what an observer threw.
  ObserverThread(const Observers& observers, std::function<void(std::exception_ptr)> failed)
      : observers_(observers), failed_(std::move(failed)) {}

  /// Calls `tell_one` soon for each observer that is attached now and hears of `what`. Waits for nothing.
  void tell(Hears what, std::function<void(Observer&)> tell_one);
  /// Returns when few calls wait, so that a run does not leave its observers behind without end; or when `let_go` was called.
  void make_room();
  /// From now on `make_room` waits no more: the run ends.
  void let_go();
  /// Returns when all that was told before has been heard. Not on the thread itself.
  void flush() { thread_.flush(); }

 private:
  /// Calls that may wait: seconds of fast steps, and little memory.
  static constexpr int most_waiting = 4096;

  const Observers& observers_;
  const std::function<void(std::exception_ptr)> failed_;
  std::mutex lock_;
  std::condition_variable moved_;
  int waiting_ = 0;
  bool is_let_go_ = false;
  WorkThread thread_;  ///< Last: it ends before what it uses.
};

}  // namespace leat::run
