#include "leat/lane.h"
#include "leat/leat.h"
#include "leat/registry.h"
#include "leat/thread_lane.h"

LEAT_SAYS(leat_says_lane, "type own_lane.lane");

void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry& registry) {
  registry.set_device([](const std::string&) { return leat::make_thread_lane(); });
}
