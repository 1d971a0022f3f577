#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "leat/curves.h"
#include "leat/live_activity.h"
#include "leat/log_header.h"
#include "leat/run.h"
#include "leat/run_store.h"
#include "leat/verdict.h"

namespace leat::viewer {

/// A run as JSON for the page. viewer/page/src/run.ts states the form of each.
/// `begun`: when the run began, before it was resumed.
[[nodiscard]] nlohmann::json json_of(const LogHeader& header, double begun);
/// `recent`: the last seconds, otherwise the whole run.
[[nodiscard]] nlohmann::json json_of(const LivePhase& phase, int number, bool recent);
[[nodiscard]] nlohmann::json json_of(const std::vector<RunningCall>& calls);
[[nodiscard]] nlohmann::json json_of(const Verdict& verdict);
[[nodiscard]] nlohmann::json json_of(const StoredRun& run, int row);
/// `recent`: the last seconds, otherwise the whole run. Null if there are no ranks.
[[nodiscard]] nlohmann::json json_of(const RanksActivity& ranks, bool recent);
/// The names of the metrics that have curves.
[[nodiscard]] nlohmann::json names_json(const Curves& curves, const LogHeader* header);
/// `moments` gives the time of steps.
[[nodiscard]] nlohmann::json json_of(const Curve& curve, const std::vector<StepMoment>& moments, std::size_t points);
[[nodiscard]] nlohmann::json timeline_json(const LiveActivity& activity, double seconds);

}  // namespace leat::viewer
