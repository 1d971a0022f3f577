#include "interrupts.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

namespace leat::cli {

namespace {

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2}) sigaddset(&signals, signal);
  // A blocked signal is not ignored, whatever was said of it.
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
  return signals;
}

/// Returns true if the signal asks to stop, and again to stop at once.
bool hastens(int signal) { return signal == SIGINT || signal == SIGTERM; }

int opened(int file) {
  if (file < 0) throw std::runtime_error("cannot watch for signals: " + std::string(std::strerror(errno)));
  return file;
}

/// While it lives, SIGINT and SIGTERM end the process at once with 130, if this thread is the only one that takes them: to say something
/// may wait for a terminal without end, and then nobody would read that they were asked for again.
class EndsAtOnce {
 public:
  EndsAtOnce() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM}) {
      sigaddset(&signals, signal);
      struct sigaction ends {};
      ends.sa_handler = [](int) { ::_exit(130); };
      ::sigaction(signal, &ends, nullptr);
    }
    ::pthread_sigmask(SIG_UNBLOCK, &signals, &before_);
  }
  ~EndsAtOnce() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  EndsAtOnce(const EndsAtOnce&) = delete;
  EndsAtOnce& operator=(const EndsAtOnce&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Interrupts::Interrupts() {
  ::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
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
  const bool asks = hastens(signal);
  if (time_ == Time::Before || (asks && was_asked_)) ::_exit(130);
  const bool is_first = !is_stopping_;
  if (!asks && !is_first) return;
  was_asked_ = asks;
  is_stopping_ = true;
  if (time_ == Time::After) {
    if (asks) std::fputs("closing; again to stop at once\n", stderr);
    return;
  }
  if (is_first) stop_();
  std::optional<EndsAtOnce> ends_at_once;
  if (asks) ends_at_once.emplace();
  say_(is_first ? "stopping " + when_ + (asks ? "; again to stop at once" : std::string(", because of SIG") + ::sigabbrev_np(signal))
                : "stopping already; again to stop at once");
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
