#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "leat/activity.h"
#include "leat/log_header.h"
#include "record/event_log.h"
#include "report/log_part.h"

namespace leat::report {

/// Returns the activity of all phases of a part, also of those that never ran.
[[nodiscard]] std::vector<PhaseActivity> activities_of(const LogHeader& header, const LogPart& part);

/// Adds the activity of an earlier part of the run. The order of `all` stays.
void add_part(std::vector<PhaseActivity>& all, const std::vector<PhaseActivity>& part);

/// Number of events to read after the retirement of a step before the step is counted. Threads write to the log in rounds, so an event can
/// be stored after the retirement of its step, at most a few rounds later.
constexpr std::int64_t usual_lag = std::int64_t{1} << 18;

/// Returns the activity in a log, which `replay` reads. Keeps the events of the steps in flight, and `lag` more events, in memory.
[[nodiscard]] std::vector<PhaseActivity> activity(const std::function<void(const record::LogReader&)>& replay,
                                                  std::int64_t lag = usual_lag);

}  // namespace leat::report
