#include "leat/work_thread.h"

#include <utility>

namespace leat {

WorkThread::WorkThread(std::function<void()> begins) : thread_([this, begins = std::move(begins)] { work(begins); }) {}

WorkThread::~WorkThread() {
  {
    const std::lock_guard guard(lock_);
    is_closing_ = true;
  }
  moved_.notify_all();
  thread_.join();
}

void WorkThread::post(std::function<void()> work) {
  {
    const std::lock_guard guard(lock_);
    queue_.push_back(std::move(work));
  }
  moved_.notify_all();
}

void WorkThread::flush() {
  std::unique_lock guard(lock_);
  moved_.wait(guard, [this] { return queue_.empty() && !is_busy_; });
}

std::size_t WorkThread::waiting() const {
  const std::lock_guard guard(lock_);
  return queue_.size() + (is_busy_ ? 1 : 0);
}

void WorkThread::work(const std::function<void()>& begins) {
  if (begins) begins();
  std::unique_lock guard(lock_);
  for (;;) {
    moved_.wait(guard, [this] { return is_closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto next = std::move(queue_.front());
    queue_.pop_front();
    is_busy_ = true;
    guard.unlock();
    next();
    // Destroy the work, with the objects that it holds, before the thread counts as idle.
    next = nullptr;
    guard.lock();
    is_busy_ = false;
    if (queue_.empty()) moved_.notify_all();
  }
}

}  // namespace leat
