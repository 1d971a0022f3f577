#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "leat/lane.h"
#include "leat/random.h"
#include "leat/work_thread.h"

namespace leat {

/// An asynchronous device without a device. Its lane's thread computes at once, but the device counts as busy for a random time after each
/// segment, and the end of the segment is told after it. A read on the lane's thread waits for the device. [any thread]
class SimulatedLane final : public Lane {
 public:
  /// Each segment keeps the device busy for up to `most_us`.
  SimulatedLane(std::uint64_t seed, int most_us);

  std::string name() const override { return "simulated"; }
  std::string device() const override { return "cpu"; }
  void submit(std::function<void()> work) override { thread_.post(std::move(work)); }
  void enter(bool) override {}
  Value upload(Value value) override;
  Value fetch(Value value) override;
  void when_done(std::function<void(std::exception_ptr)> done) override;
  bool is_async() const override { return true; }
  void read(const std::function<void()>& work) override;
  bool is_device_fault(const std::exception_ptr& error) const override;

  /// The device fails after this many segments, as an asynchronous one does: later.
  void fail_after(std::int64_t segments) { fails_at_ = segments; }
  /// This segment is not given to the device: `when_done` throws.
  void refuse(std::int64_t segment) { refused_ = segment; }
  /// Returns the largest number of segments that were on the device at one time.
  [[nodiscard]] std::int64_t most_on_device() const { return most_; }

 private:
  std::atomic<std::int64_t> given_{0}, ended_{0}, most_{0}, fails_at_{-1}, refused_{-1};
  std::atomic<bool> is_broken_{false};  ///< The device has failed, and fails whatever is asked of it next.
  Random random_;
  const int most_us_;
  WorkThread ends_;    ///< The end of segments.
  WorkThread thread_;  ///< The lane's. Joined first, because its work posts to `ends_`.
};

}  // namespace leat
