#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

namespace leat::run {

struct Ledger;

/// A task that has all its inputs.
struct ReadyTask {
  std::int64_t step = 0;
  int place = 0;  ///< The slot's place in the ledger; 0 for a whole step; on the device lane, the segment.
  Ledger* ledger = nullptr;
  std::int64_t since = 0;  ///< Arrival of its last input, in the log's ticks.

  [[nodiscard]] bool is_before(const ReadyTask& other) const { return step != other.step ? step < other.step : place < other.place; }
};

/// Ready tasks, oldest first. Tasks that come in order wait in a queue, which is cheap, and the others in a heap.
class ReadyTasks {
 public:
  void push(const ReadyTask& task) {
    if (line_.empty() || line_.back().is_before(task)) {
      line_.push_back(task);
      return;
    }
    heap_.push_back(task);
    std::push_heap(heap_.begin(), heap_.end(), is_later);
  }
  ReadyTask pop() {
    const ReadyTask task = top();
    if (heap_.empty() || (!line_.empty() && line_.front().is_before(heap_.front()))) {
      line_.pop_front();
      return task;
    }
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    heap_.pop_back();
    return task;
  }
  [[nodiscard]] const ReadyTask& top() const {
    if (heap_.empty()) return line_.front();
    return !line_.empty() && line_.front().is_before(heap_.front()) ? line_.front() : heap_.front();
  }
  [[nodiscard]] bool empty() const { return line_.empty() && heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return line_.size() + heap_.size(); }
  void clear() {
    line_.clear();
    heap_.clear();
  }

 private:
  static bool is_later(const ReadyTask& a, const ReadyTask& b) { return b.is_before(a); }
  std::deque<ReadyTask> line_;
  std::vector<ReadyTask> heap_;
};

}  // namespace leat::run
