#include "count.h"

LEAT_NODE(Weight, "gated.weight", "A number that learns.")
