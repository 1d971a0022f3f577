#pragma once

#include <functional>
#include <string>
#include <vector>

#include "leat/run_store.h"

namespace leat {

/// Returns what runs a list of comparisons selects, such as `lr<0.01`, `status!=failed` and `time>=2min`. They mean the same as in the
/// filter of the page's list (viewer/page/src/run_filter.ts), and tests/data/run_filter.json has the cases of both. `runs` are all that
/// there are. Throws Refusal if a comparison cannot be understood.
[[nodiscard]] std::function<bool(const StoredRun&)> run_filter(const std::vector<std::string>& comparisons,
                                                               const std::vector<StoredRun>& runs);

}  // namespace leat
