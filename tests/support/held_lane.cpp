#include "support/held_lane.h"

namespace leat {

HeldLane::HeldLane() : thread_([this] { work(); }) {}

HeldLane::~HeldLane() {
  {
    const std::lock_guard guard(lock_);
    is_closing_ = true;
  }
  moved_.notify_all();
  thread_.join();
}

void HeldLane::submit(std::function<void()> work) {
  {
    const std::lock_guard guard(lock_);
    queue_.push_back(std::move(work));
    ++submitted_;
  }
  moved_.notify_all();
}

void HeldLane::wait_submitted(int count) {
  std::unique_lock guard(lock_);
  moved_.wait(guard, [&] { return submitted_ >= count; });
}

void HeldLane::release() {
  std::unique_lock guard(lock_);
  const int wanted = ++released_;
  moved_.notify_all();
  moved_.wait(guard, [&] { return done_ >= wanted; });
}

void HeldLane::open() {
  {
    const std::lock_guard guard(lock_);
    is_open_ = true;
  }
  moved_.notify_all();
}

int HeldLane::held() {
  const std::lock_guard guard(lock_);
  return submitted_ - done_;
}

void HeldLane::work() {
  std::unique_lock guard(lock_);
  for (;;) {
    moved_.wait(guard, [this] { return is_closing_ || (!queue_.empty() && (is_open_ || released_ > done_)); });
    if (queue_.empty()) return;
    const auto next = std::move(queue_.front());
    queue_.pop_front();
    guard.unlock();
    next();
    guard.lock();
    ++done_;
    moved_.notify_all();
  }
}

}  // namespace leat
