#pragma once

#include "leat/registry.h"

namespace leat {

/// Adds `trial.other_image`, with which the conformance kit makes images in colour and of 16 bit.
void register_other_image(Registry& registry);

}  // namespace leat
