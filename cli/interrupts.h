#pragma once

#include <signal.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace leat::cli {

/// Handles SIGINT (Ctrl-C), SIGTERM, SIGHUP (the terminal was closed), SIGUSR1 and SIGUSR2. The last two are a scheduler's warnings.
///  - While a Stop lives, the first signal calls its `stop`. A second SIGINT or SIGTERM ends the process at once with 130. Warnings do not,
///    nor does SIGHUP, of which a terminal can send two. The first SIGINT or SIGTERM after one of these is answered, but ends nothing.
///  - Before the first Stop, each signal ends the process at once with 130, because there is nothing to save.
///  - After a Stop, the first SIGINT or SIGTERM lets the process close its files and nodes. A second one ends it at once with 130.
///  - After this object's end, one SIGINT or SIGTERM ends the process at once with 130. A warning or SIGHUP does nothing.
/// All of this also holds while printing an answer to a signal waits for a terminal without end.
/// SIGHUP does nothing if it was ignored from the start, as under `nohup`. From the construction on, printing to a pipe without a reader
/// (SIGPIPE) does not end the process.
/// Construct it before any other thread, because threads inherit the mask that blocks these signals.
class Interrupts {
 public:
  /// A SIGINT or SIGTERM within `together` after the first one counts as the same.
  explicit Interrupts(std::chrono::milliseconds together = {});
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// Defines what a signal stops while this object lives. `stop` is called at most once. `say` takes messages for the user: "stopping after
  /// this step" if `when` is "after this step". The watching thread calls both, and neither after the destructor has returned. Invariant:
  /// the objects that the two functions use outlive it. There is one at a time.
  class Stop {
   public:
    Stop(Interrupts& interrupts, std::string when, std::function<void()> stop, std::function<void(const std::string&)> say);
    ~Stop();
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

   private:
    Interrupts& interrupts_;
  };

 private:
  enum class Time { Before, During, After };
  void watch();
  void take(int signal);
  void answer(int signal);  ///< Call it with the lock held.

  std::mutex lock_;  ///< Guards the members below. Held during calls of a Stop's functions.
  Time time_ = Time::Before;
  bool is_stopping_ = false;
  bool was_asked_ = false;  ///< A SIGINT or SIGTERM was taken.
  std::function<void()> stop_;
  std::function<void(const std::string&)> say_;
  std::string when_;

  const std::chrono::nanoseconds together_;
  sigset_t before_{};  ///< Signal mask of the constructor's thread before.
  int signals_ = -1;   ///< signalfd of the watched signals.
  int end_ = -1;       ///< eventfd that ends the watch.
  std::thread thread_;
};

}  // namespace leat::cli
