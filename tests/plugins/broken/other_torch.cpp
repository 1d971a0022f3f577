#include "leat/plugin.h"

LEAT_SAYS(leat_says_tensor, "value tensor=LibTorch 1.13.1");

LEAT_PLUGIN("other_torch", "0.1.0") { (void)registry; }
