#include "report/held_time.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace leat::report {

namespace {

using record::Event;
using record::EventKind;

}  // namespace

std::optional<Event> HeldTime::add(const Event& event) {
  if (paused_ && is_after_pause(event)) {
    kept_.push_back(event);
    return {};
  }
  if (event.kind == EventKind::Admitted) {
    ++in_flight_;
    Place& newest = newest_[event.phase];
    newest = std::max(newest, Place(event.occurrence, event.step));
  }
  if (event.kind == EventKind::Retired) {
    --in_flight_;
    last_retirement_ = std::max(last_retirement_, event.ready_ns);
  }
  return moved(event);
}

/// While a run is paused, no step is admitted.
bool HeldTime::is_after_pause(const Event& event) const {
  if (event.ready_ns <= *paused_) return false;
  const auto newest = newest_.find(event.phase);
  return newest == newest_.end() || Place(event.occurrence, event.step) > newest->second;
}

std::vector<Event> HeldTime::note(std::string_view text) {
  if (!text.starts_with("{\"control\":")) return {};
  const nlohmann::json said = nlohmann::json::parse(text, nullptr, false);
  if (!said.is_object() || !said.contains("ns") || !said["ns"].is_number_integer()) return {};
  const auto at = said["ns"].get<std::int64_t>();
  if (said["control"] == "pause" && !paused_) paused_ = at;
  if (said["control"] != "go on" || !paused_) return {};
  // Steps in flight are finished after a pause. If there still are some, the run has not stood still.
  const std::int64_t begin = std::max(*paused_, last_retirement_);
  if (in_flight_ <= 0 && begin < at) holds_.push_back({begin, at});
  return finish();
}

std::vector<Event> HeldTime::finish() {
  paused_.reset();
  std::vector<Event> out;
  for (const Event& event : std::exchange(kept_, {}))
    if (auto one = add(event)) out.push_back(*one);
  return out;
}

std::int64_t HeldTime::without(std::int64_t time) const {
  std::int64_t out = time;
  for (const Hold& one : holds_) out -= std::max<std::int64_t>(0, std::min(time, one.end) - one.begin);
  return out;
}

Event HeldTime::moved(Event event) const {
  if (holds_.empty()) return event;
  const std::int64_t ready = event.ready_ns, begin = ready + event.waited_ns, end = begin + event.busy_ns;
  event.ready_ns = without(ready);
  event.waited_ns = without(begin) - event.ready_ns;
  event.busy_ns = without(end) - without(begin);
  return event;
}

}  // namespace leat::report
