#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <vector>

#include "leat/observer.h"

namespace leat::run {

/// An exception from an observer, in words. It ends the run, but is not a failure of the observed node.
class ObserverFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The observers of one run. If none is attached, a body only reads an atomic number. Each observer has a lock, held in shared mode during
/// its calls. So `detach` waits for calls to that observer, and for no other. Holds `lock_` to copy or change the list. [any thread]
class Observers {
 public:
  /// An attached observer.
  struct Attached {
    Observer* observer;
    Hears hears;
    mutable std::shared_mutex called;  ///< Held in shared mode during a call.
    bool is_gone = false;              ///< Guarded by `called`.
  };
  using List = std::vector<std::shared_ptr<Attached>>;

  /// Throws std::invalid_argument if the observer is attached already.
  void attach(Observer& observer, Hears hears);
  /// Throws std::logic_error within a call to an observer of this run, where it could wait for itself. So does `withdraw`.
  void detach(Observer& observer);
  /// Calls `take` once with the next value of an output. Returns a number for `withdraw`.
  std::uint64_t ask(int phase, int wire, std::function<void(const PutValue&)> take);
  void withdraw(std::uint64_t question);

  /// From now on every call is observed, also without an observer.
  void look_at_calls();

  [[nodiscard]] bool hears(Hears what) const { return (hears_.load(std::memory_order_relaxed) & static_cast<unsigned>(what)) != 0; }
  /// Returns true if calls of nodes are observed: begin and end, requests, values or metrics, or by the engine itself.
  [[nodiscard]] bool looks_at_calls() const { return (hears_.load(std::memory_order_relaxed) & of_calls) != 0; }
  [[nodiscard]] bool wants_values() const {
    return (hears_.load(std::memory_order_relaxed) & (static_cast<unsigned>(Hears::Values) | asked)) != 0;
  }
  /// Returns true if the next value of this output is asked for.
  [[nodiscard]] bool is_asked(int phase, int wire) const;

  /// Returns the observers that are attached now.
  [[nodiscard]] std::shared_ptr<const List> list() const;
  /// Calls the observers of a list that take `what` and are still attached. Throws ObserverFailure.
  template <class Tell>
  void tell(const List& list, Hears what, Tell tell_one) const {
    for (const std::shared_ptr<Attached>& one : list) {
      if (!has(one->hears, what)) continue;
      const Inside inside(*this, one->called);
      if (one->is_gone) continue;
      try {
        tell_one(*one->observer);
      } catch (...) {
        // In trials of nodes, an exception refuses the request.
        if (what == Hears::Requests) throw;
        throw_failure();
      }
    }
  }
  template <class Tell>
  void tell(Hears what, Tell tell_one) const {
    if (hears(what)) tell(*list(), what, tell_one);
  }
  /// Calls the functions that asked for an output. Throws ObserverFailure.
  void answer(int phase, int wire, const PutValue& put);

 private:
  static constexpr unsigned asked = 1u << 16;
  static constexpr unsigned engine = 1u << 17;
  static constexpr unsigned of_calls = static_cast<unsigned>(Hears::Calls) | static_cast<unsigned>(Hears::Requests) |
                                       static_cast<unsigned>(Hears::Values) | static_cast<unsigned>(Hears::Metrics) | asked | engine;

  /// Marks this thread as in a call to an observer. Calls nest, because a request comes within a node's call.
  class Inside {
   public:
    Inside(const Observers& observers, std::shared_mutex& called);
    ~Inside();
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    std::shared_mutex& called_;
    bool is_first_;  ///< This thread is in no other call to the same observer, so it must take the lock.
  };
  struct Question {
    std::uint64_t number;
    int phase;
    int wire;
    std::function<void(const PutValue&)> take;
    std::shared_mutex called;  ///< Held in shared mode while `take` runs.
    bool is_gone = false;      ///< Guarded by `called`.
    bool is_taken = false;     ///< It is answered. Guarded by `lock_`.
  };

  /// Call it in a catch block.
  [[noreturn]] static void throw_failure();
  void refuse_inside() const;
  void count();  ///< Call it with `lock_` held.

  std::atomic<unsigned> hears_{0};
  mutable std::mutex lock_;
  std::shared_ptr<const List> attached_ = std::make_shared<List>();  ///< Invariant: a list is never changed, only replaced.
  bool engine_looks_ = false;
  std::vector<std::shared_ptr<Question>> questions_;  ///< Including those whose `take` is running.
  std::uint64_t next_question_ = 1;
};

}  // namespace leat::run
