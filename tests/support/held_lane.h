#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "leat/lane.h"

namespace leat {

/// A device that does nothing until a test lets it: what is submitted waits, one piece is done for each release, on the lane's thread. Once
/// opened it runs as any lane does. [any thread]
class HeldLane final : public Lane {
 public:
  HeldLane();
  ~HeldLane() override;

  std::string name() const override { return "held"; }
  std::string device() const override { return "cpu"; }
  void submit(std::function<void()> work) override;
  void enter(bool) override {}
  Value upload(Value value) override { return value; }
  Value fetch(Value value) override { return value; }

  /// Returns when so many pieces were submitted in all.
  void wait_submitted(int count);
  /// Lets the next piece run, and returns when it is done.
  void release();
  /// From now on nothing is held.
  void open();
  /// How many pieces wait or run.
  [[nodiscard]] int held();

 private:
  void work();

  std::mutex lock_;
  std::condition_variable moved_;
  std::deque<std::function<void()>> queue_;
  int submitted_ = 0;
  int released_ = 0;
  int done_ = 0;
  bool is_open_ = false;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace leat
