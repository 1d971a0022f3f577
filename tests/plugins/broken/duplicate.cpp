#include "same.h"

LEAT_NODE(Same, "image.resize", "Gives what it gets.")
