#include "interrupts.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <utility>

namespace leat::cli {

namespace {

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2}) sigaddset(&signals, signal);
  // A blocked signal would arrive at the signalfd even if it was ignored, so do not block an ignored SIGHUP.
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
  return signals;
}

/// Returns true if the signal asks to stop, and a second one to stop at once.
bool hastens(int signal) { return signal == SIGINT || signal == SIGTERM; }

int opened(int file) {
  if (file < 0) throw std::runtime_error("cannot watch for signals: " + std::string(std::strerror(errno)));
  return file;
}

constexpr std::array ending{SIGINT, SIGTERM};
volatile std::sig_atomic_t left_of_ending = 0;

/// Until then, a SIGINT or SIGTERM belongs to the first one.
std::atomic<std::int64_t> together_until_ns{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

/// [signal handler]
std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// [signal handler]
bool belongs_to_first() { return now_ns() < together_until_ns; }

/// From now on, the `count`th SIGINT or SIGTERM that a thread takes without blocking it ends the process with 130.
void end_after(int count) {
  left_of_ending = count;
  for (const int signal : ending) {
    struct sigaction ends {};
    ends.sa_handler = [](int) {
      if (belongs_to_first()) return;
      left_of_ending = left_of_ending - 1;
      if (left_of_ending <= 0) ::_exit(130);
    };
    ends.sa_flags = SA_RESTART;
    ::sigaction(signal, &ends, nullptr);
  }
}

/// While this object lives, this thread takes SIGINT and SIGTERM itself, and the `count`th of them ends the process at once with 130.
/// Printing can wait for a terminal without end, and meanwhile no other code would read the signals.
class EndsAtOnce {
 public:
  explicit EndsAtOnce(int count) {
    end_after(count);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : ending) sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &signals, &before_);
  }
  ~EndsAtOnce() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  EndsAtOnce(const EndsAtOnce&) = delete;
  EndsAtOnce& operator=(const EndsAtOnce&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Interrupts::Interrupts(std::chrono::milliseconds together) : together_(together) {
  ::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
  signals_ = opened(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  end_ = opened(::eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { watch(); });
}

Interrupts::~Interrupts() {
  const std::uint64_t one = 1;
  while (::write(end_, &one, sizeof one) < 0 && errno == EINTR) continue;
  thread_.join();
  ::close(end_);
  ::close(signals_);
  // Discard signals that arrived since. A warning does not end the process after everything is closed. A SIGINT or SIGTERM must, because
  // printing an error can wait without end.
  const sigset_t signals = watched_signals();
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP})
    if (sigismember(&signals, signal) == 1) ::signal(signal, SIG_IGN);
  end_after(1);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupts::watch() {
  pollfd files[] = {{signals_, POLLIN, 0}, {end_, POLLIN, 0}};
  for (;;) {
    if (::poll(files, 2, -1) < 0) continue;
    signalfd_siginfo taken;
    while (::read(signals_, &taken, sizeof taken) == sizeof taken) take(static_cast<int>(taken.ssi_signo));
    if (files[1].revents != 0) return;
  }
}

void Interrupts::take(int signal) {
  const std::lock_guard guard(lock_);
  answer(signal);
}

void Interrupts::answer(int signal) {
  const bool asks = hastens(signal);
  if (asks && was_asked_ && belongs_to_first()) return;
  if (asks && !was_asked_ && time_ != Time::Before) together_until_ns = now_ns() + together_.count();
  if (time_ == Time::Before || (asks && was_asked_)) ::_exit(130);
  const bool is_first = !is_stopping_;
  if (!asks && !is_first) return;
  was_asked_ = asks;
  is_stopping_ = true;
  if (time_ == Time::After && !asks) return;
  if (time_ == Time::During && is_first) stop_();
  // A warning is not a request to stop, so the first of two requests after it gets an answer.
  const int most = asks ? 1 : 2;
  {
    const EndsAtOnce ends_at_once(most);
    if (time_ == Time::After) std::fputs("closing; again to stop at once\n", stderr);
    else
      say_(is_first ? "stopping " + when_ + (asks ? "; again to stop at once" : std::string(", because of SIG") + ::sigabbrev_np(signal))
                    : "stopping already; again to stop at once");
  }
  if (left_of_ending < most) answer(SIGTERM);
}

Interrupts::Stop::Stop(Interrupts& interrupts, std::string when, std::function<void()> stop, std::function<void(const std::string&)> say)
    : interrupts_(interrupts) {
  const std::lock_guard guard(interrupts_.lock_);
  interrupts_.time_ = Time::During;
  interrupts_.stop_ = std::move(stop);
  interrupts_.say_ = std::move(say);
  interrupts_.when_ = std::move(when);
}

Interrupts::Stop::~Stop() {
  const std::lock_guard guard(interrupts_.lock_);
  interrupts_.time_ = Time::After;
  interrupts_.stop_ = nullptr;
  interrupts_.say_ = nullptr;
}

}  // namespace leat::cli
