#include "leat/crashes.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/working.h"

namespace leat {

namespace {

constexpr std::array signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
std::array<struct sigaction, signals.size()> actions_before;

void on_crash(int signal, siginfo_t* why, void*) {
  const auto place = static_cast<std::size_t>(std::find(signals.begin(), signals.end(), signal) - signals.begin());
  ::sigaction(signal, &actions_before[place], nullptr);
  Working::tell_crash(signal);
  // A hardware fault (si_code > 0) repeats when this handler returns, so the previous handler, such as a sanitizer's, sees it. A signal
  // from raise() or abort() does not repeat: raise it again.
  if (why->si_code <= 0) ::raise(signal);
}

}  // namespace

void name_crashing_nodes() {
  static std::once_flag done;
  std::call_once(done, [] {
    struct sigaction action {};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO;
    for (std::size_t k = 0; k < signals.size(); ++k) ::sigaction(signals[k], &action, &actions_before[k]);
  });
}

}  // namespace leat
