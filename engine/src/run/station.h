#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace leat::run {

struct Ledger;

/// A lock for a few instructions; it spins, so nobody may sleep under it.
class SpinLock {
 public:
  void lock() {
    while (flag_.test_and_set(std::memory_order_acquire))
      while (flag_.test(std::memory_order_relaxed)) __builtin_ia32_pause();
  }
  void unlock() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_ = ATOMIC_FLAG_INIT;
};

/// A piece of work that has all its inputs. `slot` is the slot, 0 for a whole step, or the segment on a lane.
struct Item {
  std::int64_t step = 0;
  int slot = 0;
  Ledger* ledger = nullptr;
  std::int64_t ready = 0;  ///< When, in the log's ticks.

  [[nodiscard]] bool before(const Item& other) const { return step != other.step ? step < other.step : slot < other.slot; }
};

/// Ready work, oldest first. What comes in order waits in a line, which costs nothing; the rest in a heap.
class ReadyItems {
 public:
  void push(const Item& item) {
    if (line_.empty() || line_.back().before(item)) {
      line_.push_back(item);
      return;
    }
    heap_.push_back(item);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  Item pop() {
    const Item item = top();
    if (heap_.empty() || (!line_.empty() && line_.front().before(heap_.front()))) {
      line_.pop_front();
      return item;
    }
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    return item;
  }
  [[nodiscard]] const Item& top() const {
    if (heap_.empty()) return line_.front();
    return !line_.empty() && line_.front().before(heap_.front()) ? line_.front() : heap_.front();
  }
  [[nodiscard]] bool empty() const { return line_.empty() && heap_.empty(); }
  void clear() {
    line_.clear();
    heap_.clear();
  }

 private:
  static bool later(const Item& a, const Item& b) { return b.before(a); }
  std::deque<Item> line_;
  std::vector<Item> heap_;
};

/// Where a node's ready work waits. A token posted for a station only says "go": who comes takes the oldest work there is, one item after
/// another, so there are never more tokens than workers. An ordered station lets one through at a time, in (step, slot) order. [any thread]
class Station {
 public:
  void start(bool is_ordered, std::int64_t first_step, int workers) {
    is_ordered_ = is_ordered;
    workers_ = workers;
    tokens_ = 0;
    next_step_ = first_step;
    next_slot_ = 0;
    is_busy_ = false;
    ready_.clear();
    waiting_ = 0;
  }

  /// True: post a token.
  bool add(const Item& item) {
    const std::lock_guard guard(lock_);
    ready_.push(item);
    waiting_.store(waiting_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (is_ordered_) return claim();
    if (tokens_ >= workers_) return false;
    ++tokens_;
    return true;
  }
  /// For who holds a token. False: nothing is left, and the token is spent.
  bool take(Item& item) {
    const std::lock_guard guard(lock_);
    if (ready_.empty()) {
      --tokens_;
      return false;
    }
    waiting_.store(waiting_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    item = ready_.pop();
    return true;
  }
  /// For who holds a token and has other things to do. True: post it; false: nothing is left, and it is spent.
  bool leave() {
    const std::lock_guard guard(lock_);
    if (!ready_.empty()) return true;
    --tokens_;
    return false;
  }
  /// For who would run this item next: leaves it here for an older one that waits already. Not for ordered stations.
  void exchange(Item& item) {
    if (waiting_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard guard(lock_);
    if (ready_.empty() || item.before(ready_.top())) return;
    const Item older = ready_.pop();
    ready_.push(item);
    item = older;
  }
  [[nodiscard]] bool is_ordered() const { return is_ordered_; }
  /// After an ordered item ran; `slots` is how many its step has. True: post a token for the next.
  bool done(const Item& item, int slots) {
    const std::lock_guard guard(lock_);
    const bool is_last = item.slot + 1 >= slots;
    next_step_ = item.step + (is_last ? 1 : 0);
    next_slot_ = is_last ? 0 : item.slot + 1;
    is_busy_ = false;
    return claim();
  }

 private:
  bool claim() {
    if (is_busy_ || ready_.empty() || ready_.top().step != next_step_ || ready_.top().slot != next_slot_) return false;
    is_busy_ = true;
    return true;
  }

  SpinLock lock_;
  ReadyItems ready_;
  std::atomic<int> waiting_{0};  ///< Written under the lock; read without it where a near miss does no harm.
  bool is_ordered_ = false;
  bool is_busy_ = false;
  int workers_ = 1;
  int tokens_ = 0;  ///< Posted, or held by who runs its items; of an ordered station: not counted.
  std::int64_t next_step_ = 0;
  int next_slot_ = 0;
};

}  // namespace leat::run
