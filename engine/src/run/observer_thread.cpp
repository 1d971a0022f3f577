#include "run/observer_thread.h"

#include <exception>
#include <utility>

namespace leat::run {

void ObserverThread::tell(Hears what, std::function<void(Observer&)> tell_one) {
  if (!observers_.hears(what)) return;
  {
    const std::lock_guard guard(lock_);
    ++waiting_;
  }
  // Take the list now: an observer that is attached later gets no earlier events.
  thread_.post([this, what, list = observers_.list(), tell_one = std::move(tell_one)] {
    try {
      observers_.tell(*list, what, tell_one);
    } catch (...) {
      failed_(std::current_exception());
    }
    {
      const std::lock_guard guard(lock_);
      --waiting_;
    }
    moved_.notify_all();
  });
}

void ObserverThread::make_room() {
  std::unique_lock guard(lock_);
  moved_.wait(guard, [this] { return waiting_ < most_waiting || is_let_go_; });
}

void ObserverThread::let_go() {
  {
    const std::lock_guard guard(lock_);
    is_let_go_ = true;
  }
  moved_.notify_all();
}

}  // namespace leat::run
