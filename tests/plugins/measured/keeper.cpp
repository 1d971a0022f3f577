#include "keeper.h"

LEAT_NODE(Keeper, "measured.keeper", "Counts.")
