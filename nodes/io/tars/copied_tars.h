#pragma once

#include <vector>

#include "io/tars/tar_index.h"
#include "leat/tar_list.h"

namespace leat {

/// Throws Refusal at `path` if two tars with samples have the same bytes. Reads only tars of equal size that have the same keys. `indexes`:
/// one per tar. [setup]
void check_copies(const TarList& tars, const std::vector<TarIndex>& indexes);

}  // namespace leat
