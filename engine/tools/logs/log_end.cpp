#include "leat/log_end.h"

#include <nlohmann/json.hpp>

#include "record/event_log.h"

namespace leat {

namespace {

using nlohmann::json;

std::string member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

void LogEnd::note(std::string_view text) {
  // Most notes are metrics, and long.
  // A note each second, because the one on the pause can be far from the end of the log. Logs of earlier versions do not say it here.
  const auto says = [&](std::string_view words) { return text.find(words) != std::string_view::npos; };
  if (text.starts_with("{\"usage\":")) {
    if (says("\"paused\":true")) is_paused = true;
    if (says("\"paused\":false")) is_paused = false;
    return;
  }
  const auto begins = [&](std::string_view key) { return text.starts_with(key); };
  if (!begins("{\"control\":") && !begins("{\"finished\":") && !begins("{\"interrupted\":") && !begins("{\"failed\":")) return;
  const json said = json::parse(text, nullptr, false);
  if (!said.is_object()) return;
  if (said.contains("finished")) has_finished = true;
  if (said.contains("interrupted")) was_stopped = true;
  const std::string control = member(said, "control");
  if (control == "pause") is_paused = true;
  if (control == "go on") is_paused = false;
  const auto failed = said.find("failed");
  if (failed != said.end() && failed->is_object())
    failure = RunFailure{member(*failed, "node"), member(*failed, "where"), member(*failed, "why")};
}

LogEnd end_in(const std::filesystem::path& events_log) {
  LogEnd out;
  for (const std::string& note : record::last_notes(events_log)) out.note(note);
  return out;
}

}  // namespace leat
