#include "short_waits.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

void shorten_waits(int argc, char** argv) {
  const auto computes = [](std::string_view word) { return word == "run" || word == "predict" || word == "verify"; };
  if (std::none_of(argv + 1, argv + argc, computes)) return;
  if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) return;
  // Some fifty microseconds: what a quiet machine waits from one operator to the next.
  ::setenv("GOMP_SPINCOUNT", "3000", 1);
  ::execv("/proc/self/exe", argv);
  // Where that is not to be had, waits are long.
}
