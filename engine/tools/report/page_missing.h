#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "report/finished_run.h"

namespace leat::report {

/// Returns sentences on what the page of these runs of one graph cannot show, and how to get it. `group` is the page's data of the runs.
/// `has_many`: the page has so many runs that it leaves out some of each. `has_left_out`: pictures from files were left out.
[[nodiscard]] std::vector<std::string> missing_of(const nlohmann::json& group, const std::vector<FinishedRun>& runs, bool has_many,
                                                  bool has_left_out);

}  // namespace leat::report
