#include "interrupts.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace leat::cli {

namespace {

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGUSR2);  // ends the watch
  return signals;
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void Interrupts::watch(std::function<void()> stop) {
  thread_ = std::thread([stop = std::move(stop)] {
    const sigset_t signals = watched_signals();
    for (bool is_first = true;; is_first = false) {
      int taken = 0;
      sigwait(&signals, &taken);
      if (taken == SIGUSR2) return;
      if (!is_first) ::_exit(130);
      stop();
    }
  });
}

Interrupts::~Interrupts() {
  if (!thread_.joinable()) return;
  pthread_kill(thread_.native_handle(), SIGUSR2);
  thread_.join();
}

}  // namespace leat::cli
