#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "leat/activity.h"
#include "record/event_log.h"

namespace leat::report {

/// A step is counted when so many events have been read after its retirement. The log's threads write in rounds, so that an event can
/// stand behind the retirement of its step, by a few rounds at most.
constexpr std::int64_t usual_lag = std::int64_t{1} << 18;

/// The activity of a log that is replayed to the reader. Keeps the events of the steps in flight, and of `lag` more.
[[nodiscard]] std::vector<PhaseActivity> activity(const std::function<void(const record::LogReader&)>& replay,
                                                  std::int64_t lag = usual_lag);

}  // namespace leat::report
