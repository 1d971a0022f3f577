#include "leat/plugin.h"

// As the first version of the interface will be, one day.
LEAT_SAYS(leat_says_plugin, "plugin other_abi\nversion 0.1.0\nbuild Leat ABI 0, libstdc++ with string ABI 1");
LEAT_SAYS(leat_says_type, "type other_abi.same");

extern "C" void leat_plugin_enter(leat::Registry&) {}
