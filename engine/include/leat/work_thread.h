#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace leat {

/// A thread that runs work in the order in which it was posted: a device lane, the recorder of a run. Work must not throw. Holds its lock
/// to queue, and calls nothing under it. [any thread]
class WorkThread {
 public:
  /// `begins` runs first, on the new thread.
  explicit WorkThread(std::function<void()> begins = {});
  /// Runs the remaining work, and joins the thread.
  ~WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;

  void post(std::function<void()> work);
  /// Returns when the queue is empty and no work is running. Must not be called on the thread itself.
  void flush();
  /// Returns the number of tasks that wait or run.
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
