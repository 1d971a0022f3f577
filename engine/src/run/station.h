#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <cstdint>
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
  std::int64_t ready_ns = 0;

  [[nodiscard]] bool before(const Item& other) const { return step != other.step ? step < other.step : slot < other.slot; }
};

/// Ready work, oldest first.
class ReadyHeap {
 public:
  void push(const Item& item) {
    items_.push_back(item);
    std::push_heap(items_.begin(), items_.end(), later);
  }
  Item pop() {
    std::pop_heap(items_.begin(), items_.end(), later);
    const Item item = items_.back();
    items_.pop_back();
    return item;
  }
  [[nodiscard]] const Item& top() const { return items_.front(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  void clear() { items_.clear(); }

 private:
  static bool later(const Item& a, const Item& b) { return b.before(a); }
  std::vector<Item> items_;
};

/// Where a node's ready work waits. A token posted for a station only says "go": who comes takes the oldest work there is. An ordered
/// station lets one through at a time, in (step, slot) order. [any thread]
class Station {
 public:
  void start(bool is_ordered, std::int64_t first_step) {
    is_ordered_ = is_ordered;
    next_step_ = first_step;
    next_slot_ = 0;
    is_busy_ = false;
    ready_.clear();
  }

  /// True: post a token.
  bool add(const Item& item) {
    const std::lock_guard guard(lock_);
    ready_.push(item);
    return is_ordered_ ? claim() : true;
  }
  Item take() {
    const std::lock_guard guard(lock_);
    return ready_.pop();
  }
  /// After an ordered item ran; `slots` is how many its step has. True: post a token for the next.
  bool done(const Item& item, int slots) {
    if (!is_ordered_) return false;
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
  ReadyHeap ready_;
  bool is_ordered_ = false;
  bool is_busy_ = false;
  std::int64_t next_step_ = 0;
  int next_slot_ = 0;
};

}  // namespace leat::run
