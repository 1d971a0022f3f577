#include "base/working.h"

#include <signal.h>
#include <unistd.h>

#include <cstring>

namespace leat {

namespace {

thread_local const Working* current = nullptr;

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

}  // namespace leat
