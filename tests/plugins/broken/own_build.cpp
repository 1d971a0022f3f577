#include "leat/leat.h"
#include "leat/registry.h"

LEAT_SAYS(leat_says_build, "type own_build.build");

void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry& registry) { registry.set_value_build("tensor", "LibTorch 0"); }
