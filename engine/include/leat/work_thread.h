#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace leat {

/// A thread that does work in the order in which it was posted: a device lane, the recorder of a run. What is posted throws nothing. Holds
/// its lock to queue; calls nothing under it. [any thread]
class WorkThread {
 public:
  /// `begins` runs first, on the thread.
  explicit WorkThread(std::function<void()> begins = {});
  /// Does what is left, and ends.
  ~WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;

  void post(std::function<void()> work);
  /// Returns when all that was posted before is done. Not on the thread itself.
  void flush();
  /// Pieces of work that wait, and the one that it does.
  [[nodiscard]] std::size_t waiting() const;

 private:
  void work(const std::function<void()>& begins);

  mutable std::mutex lock_;
  std::condition_variable moved_;
  std::deque<std::function<void()>> queue_;
  bool is_busy_ = false;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace leat
