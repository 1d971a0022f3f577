#pragma once

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

// What benchmarks say of their process.
namespace leat::bench {

inline double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

inline double wall_s() { return seconds_of(CLOCK_MONOTONIC); }
/// Returns the CPU seconds of all threads.
inline double cpu_s() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

/// Returns the seconds since this process began.
inline double age_s() {
  std::ifstream stat("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(stat), {}};
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string field;
  for (int k = 0; k < 20; ++k) fields >> field;  // The 22nd of all: when it began, in ticks since the system began.
  return seconds_of(CLOCK_BOOTTIME) - std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

inline double peak_rss_mib() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

/// Rounds to a multiple of 1 / `parts`.
inline double rounded(double number, double parts) { return std::round(number * parts) / parts; }

inline double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all.empty() ? 0 : (all[all.size() / 2] + all[(all.size() - 1) / 2]) / 2;
}

}  // namespace leat::bench
