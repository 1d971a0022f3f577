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

/// What an observer threw, in words. It ends the run, and is no failure of the node that was looked at.
class ObserverFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The observers of one run. With none attached, a body reads an atomic number and does nothing else. Holds a lock of each observer,
/// shared, while that one is called: `detach` waits for the calls to the one that goes, and nobody for those to another. Holds `lock_` to
/// copy the list and to change it. [any thread]
class Observers {
 public:
  /// One that is attached.
  struct Attached {
    Observer* observer;
    Hears hears;
    mutable std::shared_mutex called;  ///< Shared during a call.
    bool is_gone = false;              ///< Under `called`.
  };
  using List = std::vector<std::shared_ptr<Attached>>;

  /// Throws std::invalid_argument if the observer is attached already.
  void attach(Observer& observer, Hears hears);
  /// Throws std::logic_error from within a call to an observer of this run, where it could wait for itself; so does `withdraw`.
  void detach(Observer& observer);
  /// Gives the next value of an output, once. Returns a number for `withdraw`.
  std::uint64_t ask(int phase, int wire, std::function<void(const PutValue&)> take);
  void withdraw(std::uint64_t question);

  /// Every call is looked at from now on, also without an observer.
  void look_at_calls();

  [[nodiscard]] bool hears(Hears what) const { return (hears_.load(std::memory_order_relaxed) & static_cast<unsigned>(what)) != 0; }
  /// True if some call of a node is looked at: its begin and end, its requests, its values or its metrics, or by the engine itself.
  [[nodiscard]] bool looks_at_calls() const { return (hears_.load(std::memory_order_relaxed) & of_calls) != 0; }
  [[nodiscard]] bool wants_values() const {
    return (hears_.load(std::memory_order_relaxed) & (static_cast<unsigned>(Hears::Values) | asked)) != 0;
  }
  /// True if the next value of this output is asked for.
  [[nodiscard]] bool is_asked(int phase, int wire) const;

  /// Those that are attached now.
  [[nodiscard]] std::shared_ptr<const List> list() const;
  /// Calls all observers of a list that hear of `what` and are still attached. Throws ObserverFailure.
  template <class Tell>
  void tell(const List& list, Hears what, Tell tell_one) const {
    for (const std::shared_ptr<Attached>& one : list) {
      if (!has(one->hears, what)) continue;
      const Inside inside(*this, one->called);
      if (one->is_gone) continue;
      try {
        tell_one(*one->observer);
      } catch (...) {
        // A request is refused by what is thrown, for trials of nodes.
        if (what == Hears::Requests) throw;
        throw_failure();
      }
    }
  }
  template <class Tell>
  void tell(Hears what, Tell tell_one) const {
    if (hears(what)) tell(*list(), what, tell_one);
  }
  /// Answers the questions for an output. Throws ObserverFailure.
  void answer(int phase, int wire, const PutValue& put);

 private:
  static constexpr unsigned asked = 1u << 16;
  static constexpr unsigned engine = 1u << 17;
  static constexpr unsigned of_calls = static_cast<unsigned>(Hears::Calls) | static_cast<unsigned>(Hears::Requests) |
                                       static_cast<unsigned>(Hears::Values) | static_cast<unsigned>(Hears::Metrics) | asked | engine;

  /// A thread in a call to an observer. Such calls nest: a node's request comes within its call.
  class Inside {
   public:
    Inside(const Observers& observers, std::shared_mutex& called);
    ~Inside();
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    std::shared_mutex& called_;
    bool is_first_;  ///< This thread is in no other call to the same observer, whose lock it would have.
  };
  struct Question {
    std::uint64_t number;
    int phase;
    int wire;
    std::function<void(const PutValue&)> take;
    std::shared_mutex called;  ///< Shared while `take` runs.
    bool is_gone = false;      ///< Under `called`.
    bool is_taken = false;     ///< Under `lock_`: it is answered.
  };

  /// Call it in a catch block.
  [[noreturn]] static void throw_failure();
  void refuse_inside() const;
  void count();  ///< Under `lock_`.

  std::atomic<unsigned> hears_{0};
  mutable std::mutex lock_;
  std::shared_ptr<const List> attached_ = std::make_shared<List>();  ///< What it points to does not change.
  bool engine_looks_ = false;
  std::vector<std::shared_ptr<Question>> questions_;  ///< Those whose answer is being taken among them.
  std::uint64_t next_question_ = 1;
};

}  // namespace leat::run
