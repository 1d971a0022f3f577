#pragma once

// c10's logging header defines CHECK, which would silently replace doctest's and leave a test without assertions. Include this header after
// torch.
#ifdef CHECK
#undef CHECK
#endif
#include <doctest/doctest.h>
