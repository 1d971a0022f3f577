#include "leat/says.h"

LEAT_SAYS(leat_says_type, "type nameless.same");
