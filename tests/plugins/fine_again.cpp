#include "same.h"

LEAT_NODE(Same, "fine.same", "Gives what it gets.")
