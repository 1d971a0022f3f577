#pragma once

#include <string>
#include <vector>

#include "leat/run_store.h"

namespace leat {

using RunList = std::vector<const StoredRun*>;

/// A line of the table of runs: a run, or several runs that differ only in their seed.
struct RunLine {
  std::string label;
  RunList runs;
};

[[nodiscard]] std::vector<RunLine> single_lines(const RunList& runs);
/// Groups finished runs by graph and device, as reports do (`report::seed_groups`). Appends the runs that do not count to `left_out`.
[[nodiscard]] std::vector<RunLine> mean_lines(const RunList& runs, RunList& left_out);

}  // namespace leat
