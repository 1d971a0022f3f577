#pragma once

#include "leat/image.h"
#include "leat/leat.h"

/// Changes, and saves nothing.
struct Keeper final : leat::Resource {
  static constexpr std::string_view kind = "keeper";
  std::int64_t count = 0;
};
