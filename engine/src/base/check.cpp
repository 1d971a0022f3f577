#include "leat/check.h"

#include <cstdio>
#include <cstdlib>

namespace leat {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: this is a bug in Leat, not in your graph: %s does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace leat
