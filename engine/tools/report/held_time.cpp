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
    Place& newest = newest_[event.phase];
    newest = std::max(newest, Place(event.occurrence, event.step));
  }
  const std::int64_t begin = event.ready_ns + event.waited_ns, end = begin + event.busy_ns;
  if (!paused_) last_end_ = std::max(last_end_, end);
  else if (event.kind != EventKind::Admitted && end > *paused_) after_.push_back({begin, end});
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
  // What was in flight is finished after a pause, except what waits for another phase. Other bodies can begin after the pause before this
  // note is read.
  Hold hold{std::max(*paused_, last_end_), at};
  bool has_stood_still = true;
  for (const Hold& body : after_) {
    if (body.end <= at) hold.begin = std::max(hold.begin, body.end);
    else if (body.begin < at) has_stood_still = false;
  }
  if (has_stood_still && hold.begin < hold.end) holds_.push_back(hold);
  return finish();
}

std::vector<Event> HeldTime::finish() {
  paused_.reset();
  after_.clear();
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
