#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "leat/run_store.h"
#include "leat/sweep.h"

namespace leat {

/// Returns the figures of the folds of each cross-validation, pooled over their images, and what could not be pooled. `folder` is the
/// sweep's. Empty without `pool_over`.
[[nodiscard]] std::string sweep_pooled_text(const Sweep& sweep, const std::vector<StoredRun>& runs, const std::filesystem::path& folder);

}  // namespace leat
