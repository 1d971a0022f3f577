#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "leat/lane.h"

namespace leat {

/// A lane that waits for the test: it runs one submitted task per `release`, on its thread. After `open` it runs like any other lane.
/// [any thread]
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

  /// Returns when `count` tasks have been submitted in total.
  void wait_submitted(int count);
  /// Runs the next task, and returns when it is done.
  void release();
  /// From now on runs all tasks without waiting.
  void open();
  /// Returns the number of tasks that wait or run.
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
