#include "leat/check.h"

#include <cstdio>
#include <cstdlib>

namespace leat {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: Leat is wrong here, not your graph: %s does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace leat
