#include "record/ticks.h"

#include <fstream>
#include <string>

namespace leat::record {

namespace {

/// Returns true if the kernel itself uses the processor's counter as its clock: then it has one rate on all cores.
bool is_clock_of_cycles() {
#if defined(__x86_64__)
  std::ifstream in("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return in >> name && name == "tsc";
#else
  return false;
#endif
}

}  // namespace

Ticks::Ticks() : counts_cycles_(is_clock_of_cycles()), start_ns_(now_ns()), start_ticks_(now()) {}

double Ticks::ns_per_tick() const {
  const std::int64_t elapsed = now() - start_ticks_;
  return counts_cycles_ && elapsed > 0 ? static_cast<double>(now_ns() - start_ns_) / static_cast<double>(elapsed) : 1;
}

}  // namespace leat::record
