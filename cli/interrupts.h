#pragma once

#include <signal.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace leat::cli {

/// What SIGINT (Ctrl-C), SIGTERM, SIGHUP (the terminal was closed), SIGUSR1 and SIGUSR2 do. The last two are a scheduler's warning.
///  - While a Stop lives, the first signal stops what it names. A second SIGINT or SIGTERM ends the process at once with 130. A warning
///    never does, nor does SIGHUP, of which a terminal may send two; the first SIGINT or SIGTERM after one of these is answered, but does
///    not hasten anything.
///  - Before the first Stop each signal ends the process at once with 130, for there is nothing to keep.
///  - After a Stop the first SIGINT or SIGTERM lets the process close what it has opened; a second one ends it at once with 130.
///  - After this object one SIGINT or SIGTERM ends the process at once with 130, a warning or SIGHUP does nothing.
/// This also holds where the words that answer a signal wait for a terminal without end.
/// SIGHUP does nothing where it was ignored from the start, as under `nohup`. From here on the process also goes on when it prints to where
/// nobody reads (SIGPIPE).
/// Make it before any other thread: threads inherit that they do not take these signals.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// What a signal stops while this lives. `stop` is called at most once; `say` gets sentences for the user, "stopping after this step"
  /// where `when` is "after this step". The watching thread calls both, and neither after the destructor has returned. Invariant: it is
  /// destroyed before the objects that the two functions use. There is one at a time.
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
  void answer(int signal);  ///< Under the lock.

  std::mutex lock_;  ///< Guards what follows, and is held while a Stop's functions are called.
  Time time_ = Time::Before;
  bool is_stopping_ = false;
  bool was_asked_ = false;  ///< By SIGINT or SIGTERM.
  std::function<void()> stop_;
  std::function<void(const std::string&)> say_;
  std::string when_;

  sigset_t before_{};  ///< What the constructor's thread blocked before.
  int signals_ = -1;   ///< Where the signals are read.
  int end_ = -1;       ///< Can be read once the watch has to end.
  std::thread thread_;
};

}  // namespace leat::cli
