#include "support/simulated_lane.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace leat {

namespace {

/// Whether this thread is told of computed values only: it ends segments, or reads.
thread_local bool reads_computed_only = false;

struct DeviceFault : std::runtime_error {
  DeviceFault() : std::runtime_error("the device met an illegal address") {}
};

}  // namespace

SimulatedLane::SimulatedLane(std::uint64_t seed, int most_us)
    : random_({{static_cast<std::uint32_t>(seed), 5}, 0, 0, 0}), most_us_(most_us) {}

void SimulatedLane::read(const std::function<void()>& work) {
  const bool before = std::exchange(reads_computed_only, true);
  struct Restore {
    bool before;
    ~Restore() { reads_computed_only = before; }
  } const restore{before};
  work();
}

bool SimulatedLane::is_device_fault(const std::exception_ptr& error) const {
  try {
    std::rethrow_exception(error);
  } catch (const DeviceFault&) {
    return true;
  } catch (...) {
    return false;
  }
}

Value SimulatedLane::upload(Value value) {
  if (is_broken_) throw DeviceFault();
  return value;
}

/// On the lane's thread, a read waits for the device, as it does on a GPU.
Value SimulatedLane::fetch(Value value) {
  if (reads_computed_only) return value;
  if (ended_ < given_) ends_.flush();
  return value;
}

void SimulatedLane::when_done(std::function<void(std::exception_ptr)> done) {
  if (given_ == refused_) throw DeviceFault();
  const std::int64_t segment = ++given_, on_device = segment - ended_;
  for (std::int64_t most = most_; on_device > most && !most_.compare_exchange_weak(most, on_device);) {
  }
  const auto busy = std::chrono::microseconds(random_.below(most_us_ + 1));
  ends_.post([this, segment, busy, done = std::move(done)] {
    std::this_thread::sleep_for(busy);
    ++ended_;
    const bool fails = fails_at_ >= 0 && segment > fails_at_;
    if (fails) is_broken_ = true;
    // The end of a broken segment is often told later than the next calls fail.
    if (fails) std::this_thread::sleep_for(std::chrono::microseconds(most_us_) * 10);
    read([&] { done(fails ? std::make_exception_ptr(DeviceFault()) : nullptr); });
  });
}

}  // namespace leat
