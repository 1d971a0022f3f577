#include "weight.h"

LEAT_NODE(Weight, "unsaved.weight", "A number that learns.")
