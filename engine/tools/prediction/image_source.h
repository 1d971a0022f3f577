#pragma once

#include "leat/description.h"

namespace leat {

/// Returns the source of a phase that reads images only, which a source of masks can stand for; null: there is none.
[[nodiscard]] const NodeText* image_source(const PhaseText& phase);

}  // namespace leat
