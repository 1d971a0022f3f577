#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "leat/observer.h"

namespace leat::run {

/// The observers of one run. With none attached, a body reads one atomic number and does nothing else. Holds `lock_` shared while it calls
/// observers, and alone while the list changes: when `detach` returns, the observer is in no call. Who wants it alone closes the gate, so
/// that it does not wait for threads that come one after another. [any thread]
class Observers {
 public:
  /// Throws std::logic_error from within a call to an observer, where it would wait for itself; so do `detach`, `ask` and `withdraw`.
  void attach(Observer& observer, Hears hears);
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

  /// Calls all observers that hear of `what`.
  template <class Tell>
  void tell(Hears what, Tell tell_one) const {
    if (!hears(what)) return;
    const Inside inside(*this);
    for (const auto& [observer, heard] : attached_)
      if (has(heard, what)) tell_one(*observer);
  }
  /// Answers the questions for an output.
  void answer(int phase, int wire, const PutValue& put);

 private:
  static constexpr unsigned asked = 1u << 16;
  static constexpr unsigned engine = 1u << 17;
  static constexpr unsigned of_calls = static_cast<unsigned>(Hears::Calls) | static_cast<unsigned>(Hears::Requests) |
                                       static_cast<unsigned>(Hears::Values) | static_cast<unsigned>(Hears::Metrics) | asked | engine;

  /// A thread in a call to an observer.
  class Inside {
   public:
    explicit Inside(const Observers& observers);
    ~Inside();

   private:
    std::shared_mutex& lock_;  ///< Calls nest, as the locks do: last in, first out.
  };
  struct Question {
    std::uint64_t number;
    int phase;
    int wire;
    std::function<void(const PutValue&)> take;
  };
  /// Nobody is in a call to an observer while this lives. Throws std::logic_error from within one.
  class Alone {
   public:
    explicit Alone(Observers& observers);

   private:
    std::unique_lock<std::mutex> gate_;
    std::unique_lock<std::shared_mutex> lock_;
  };
  void count();  ///< Alone.

  std::atomic<unsigned> hears_{0};
  mutable std::mutex gate_;  ///< Before `lock_`.
  mutable std::shared_mutex lock_;
  std::vector<std::pair<Observer*, Hears>> attached_;
  bool engine_looks_ = false;
  mutable std::mutex questions_lock_;
  std::vector<Question> questions_;
  std::uint64_t next_question_ = 1;
};

}  // namespace leat::run
