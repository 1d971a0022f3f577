#include "run/run_context.h"

#include <utility>

namespace leat::run {

void RunContext::fail(std::exception_ptr error) {
  {
    const std::lock_guard guard(lock_);
    if (!error_) error_ = std::move(error);
    has_failed = true;
  }
  bell.ring();
  observer_thread.let_go();
}

std::exception_ptr RunContext::error() {
  const std::lock_guard guard(lock_);
  return error_;
}

void RunContext::wait_for_lane() {
  for (int left = on_lane.load(std::memory_order_acquire); left > 0; left = on_lane.load(std::memory_order_acquire))
    on_lane.wait(left, std::memory_order_acquire);
}

}  // namespace leat::run
