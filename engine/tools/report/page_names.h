#pragma once

#include <map>
#include <set>
#include <string>

#include "report/finished_run.h"
#include "report/pseudonyms.h"

namespace leat::report {

/// Returns the names of the metrics of a run by their nodes.
[[nodiscard]] std::map<std::string, std::set<std::string>> metrics_of_nodes(const FinishedRun& run);
/// Adds the names that the author of the graph chose, and the texts of the run that can be paths.
void learn_names(Pseudonyms& names, const FinishedRun& run);

}  // namespace leat::report
