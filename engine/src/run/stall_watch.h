#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "leat/program.h"
#include "leat/run.h"

namespace leat::run {

/// Says what holds up a run that makes no progress: no body ends, no step is admitted or done, and no file is written. Looks on a thread of
/// its own, until the destructor. [any thread]
class StallWatch {
 public:
  struct Actions {
    std::function<RunNow()> now;
    std::function<void(const std::string& sentence)> stalled;  ///< Once per stall.
    std::function<void(double seconds)> moves;                 ///< When a stall that was said is over.
  };

  StallWatch(const Program& program, Actions actions);
  ~StallWatch();
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

 private:
  void watch();

  const Program& program_;
  const Actions actions_;
  const std::chrono::duration<double> time_;
  std::mutex lock_;  ///< Guards `is_ended_`.
  std::condition_variable changed_;
  bool is_ended_ = false;
  std::thread thread_;
};

/// Returns a sentence on what a run that has not moved for some seconds waits for.
[[nodiscard]] std::string stall_sentence(const Program& program, const RunNow& now, double seconds);

}  // namespace leat::run
