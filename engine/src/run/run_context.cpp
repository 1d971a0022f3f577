#include "run/run_context.h"

#include <utility>

namespace leat::run {

std::int64_t RunContext::add_bytes(std::int64_t change, std::int64_t most) {
  const std::int64_t before = bytes.fetch_add(change, std::memory_order_relaxed);
  if (most > 0) {
    std::int64_t peak = peak_bytes.load(std::memory_order_relaxed);
    while (before + most > peak && !peak_bytes.compare_exchange_weak(peak, before + most, std::memory_order_relaxed)) {
    }
  }
  return before + change;
}

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
