#include "base/working.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <mutex>

#include "leat/crashes.h"

namespace leat {

namespace {

thread_local const Working* current = nullptr;

constexpr std::array signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
std::array<struct sigaction, signals.size()> actions_before;

void on_crash(int signal, siginfo_t* why, void*) {
  const auto place = static_cast<std::size_t>(std::find(signals.begin(), signals.end(), signal) - signals.begin());
  ::sigaction(signal, &actions_before[place], nullptr);
  Working::tell_crash(signal);
  // What the hardware refused is tried again after this, which a sanitizer wants to see; what was raised is not.
  if (why->si_code <= 0) ::raise(signal);
}

}  // namespace

void CrashLine::add_name(const std::string& name, const std::string& type, const std::string& plugin, const Place& place) {
  add("\n%s:%d:%d: error: `%s` (%s", place.text ? place.text->name.c_str() : "graph", place.line, place.column, name.c_str(), type.c_str());
  if (!plugin.empty()) add(" of %s", plugin.c_str());
  add(") crashes ");
}

void CrashLine::write() const { (void)!::write(STDERR_FILENO, text_, size_); }

Working::Working() : before_(current) { current = this; }

Working::~Working() { current = before_; }

void Working::tell_crash(int signal) {
  CrashLine line;
  if (!current || !current->tell(line)) return;
  line.add(": %s\n", ::sigdescr_np(signal));
  line.write();
}

bool WorkingOn::tell(CrashLine& line) const {
  line.add_name(name_, type_, plugin_, place_);
  line.add("%s", when_);
  return true;
}

void name_crashing_nodes() {
  static std::once_flag done;
  std::call_once(done, [] {
    struct sigaction action{};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO;
    for (std::size_t k = 0; k < signals.size(); ++k) ::sigaction(signals[k], &action, &actions_before[k]);
  });
}

}  // namespace leat
