#include "twins/one.h"

LEAT_NODE(Weight, "twin_one.weight", "A weight.")
