#include "run/working.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "leat/crashes.h"
#include "run/flow.h"

namespace leat {

namespace run {

namespace {

thread_local const Working* current = nullptr;

/// A line that is put together without memory of the heap, which a crash may have left in any state.
class Line {
 public:
  template <typename... Words>
  void add(const char* format, Words... words) {
    const int count = std::snprintf(text_ + size_, sizeof text_ - size_, format, words...);
    if (count > 0) size_ = std::min(size_ + static_cast<std::size_t>(count), sizeof text_ - 1);
  }
  void write() const { (void)!::write(STDERR_FILENO, text_, size_); }

 private:
  char text_[2048];
  std::size_t size_ = 0;
};

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

Working::Working(const Frame::Site& site) : site_(&site), before_(current) { current = this; }

Working::Working(const std::string& name, const std::string& type, const std::string& plugin, const Place& place)
    : name_(&name), type_(&type), plugin_(&plugin), place_(&place), before_(current) {
  current = this;
}

Working::~Working() { current = before_; }

void Working::tell_crash(int signal) {
  if (!current || (current->site_ && !current->site_->node)) return;
  const Frame::Site* site = current->site_;
  const ProgramNode* node = site ? site->node : nullptr;
  const Place& place = node ? node->place : *current->place_;
  const std::string& plugin = node ? node->type->plugin : *current->plugin_;
  Line line;
  line.add("\n%s:%d:%d: error: `%s` (%s", place.text ? place.text->name.c_str() : "graph", place.line, place.column, (node ? node->name : *current->name_).c_str(),
           (node ? node->type->id : *current->type_).c_str());
  if (!plugin.empty()) line.add(" of %s", plugin.c_str());
  line.add(") crashes at ");
  if (!site) {
    line.add("its opening");
  } else {
    const int length = static_cast<int>(site->key.phase.size());
    if (site->finished)
      line.add("the end of `%.*s`", length, site->key.phase.data());
    else
      line.add("step %lld of `%.*s`", static_cast<long long>(site->key.step), length, site->key.phase.data());
    if (site->key.slot >= 0) {
      const int sample = site->flow.layout().sample[static_cast<std::size_t>(node->origin)] + site->key.slot;
      line.add(", slot %d, sample `%s`", site->key.slot, site->ledger->samples[static_cast<std::size_t>(sample)].id.c_str());
    }
  }
  line.add(": %s\n", ::sigdescr_np(signal));
  line.write();
}

}  // namespace run

void name_crashing_nodes() {
  struct sigaction action{};
  action.sa_sigaction = run::on_crash;
  action.sa_flags = SA_SIGINFO;
  for (std::size_t k = 0; k < run::signals.size(); ++k) ::sigaction(run::signals[k], &action, &run::actions_before[k]);
}

}  // namespace leat
