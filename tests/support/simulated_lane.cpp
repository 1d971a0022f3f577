#include "support/simulated_lane.h"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace leat {

namespace {

/// Whether this thread is told of computed values only: it ends segments, or reads.
thread_local bool reads_computed_only = false;

}  // namespace

SimulatedLane::SimulatedLane(std::uint64_t seed, int most_us)
    : random_({{static_cast<std::uint32_t>(seed), 5}, 0, 0, 0}), most_us_(most_us), ends_([] { reads_computed_only = true; }) {}

void SimulatedLane::enter_reader() { reads_computed_only = true; }

/// On the lane's thread, a read waits for the device, as it does on a GPU.
Value SimulatedLane::fetch(Value value) {
  if (reads_computed_only) return value;
  if (ended_ < given_) ends_.flush();
  return value;
}

void SimulatedLane::when_done(std::function<void(std::exception_ptr)> done) {
  const std::int64_t segment = ++given_, on_device = segment - ended_;
  for (std::int64_t most = most_; on_device > most && !most_.compare_exchange_weak(most, on_device);) {
  }
  const auto busy = std::chrono::microseconds(random_.below(most_us_ + 1));
  ends_.post([this, segment, busy, done = std::move(done)] {
    std::this_thread::sleep_for(busy);
    ++ended_;
    const bool fails = fails_at_ >= 0 && segment > fails_at_;
    done(fails ? std::make_exception_ptr(std::runtime_error("the device met an illegal address")) : nullptr);
  });
}

}  // namespace leat
