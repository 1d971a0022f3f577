#include "weight.h"

LEAT_NODE(Momentum, "unsaved.momentum", "Changes a weight.")
