#include "leat/leat.h"
#include "leat/registry.h"

LEAT_SAYS(leat_says_workers, "type own_workers.workers");

void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry& registry) {
  registry.set_worker([] {});
}
