#pragma once

#include <functional>
#include <vector>

#include "leat/activity.h"
#include "record/event_log.h"

namespace leat::report {

/// The activity of a log that is replayed to the reader.
[[nodiscard]] std::vector<PhaseActivity> activity(const std::function<void(const record::LogReader&)>& replay);

}  // namespace leat::report
