#include "conformance/trials.h"

#include <algorithm>

#include "base/child_process.h"
#include "leat/node_error.h"

namespace leat::conformance {

using nlohmann::json;

namespace {

std::string text_of(const json& answer) { return answer.dump(-1, ' ', false, json::error_handler_t::replace); }

void add(const json& answer, const char* key, std::vector<Finding>& all) {
  for (const json& one : answer.value(key, json::array())) all.push_back({one.at("type"), one.at("text")});
}

std::vector<Finding> sorted(std::vector<Finding> all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

json json_of(const std::vector<Finding>& all) {
  json out = json::array();
  for (const Finding& one : all) out.push_back({{"type", one.type}, {"text", one.text}});
  return out;
}

json json_of(const Judgement& judgement) {
  return {{"findings", json_of(judgement.broken)},
          {"why_not", ""},
          {"not_judged", json_of(judgement.not_judged)},
          {"is_blind", judgement.is_blind}};
}

std::optional<json> Trials::run(const std::string& what, const std::function<json()>& trial) {
  if (settings_.progress) settings_.progress(what);
  page_.write("");
  const ChildWork work = in_child(
      [&trial] {
        try {
          return text_of(trial());
        } catch (const NodeError& error) {
          const json finding{{"type", error.type}, {"text", "fails at " + error.where + ": " + error.cause}};
          return text_of({{"findings", json::array({finding})}, {"ended", true}});
        }
      },
      settings_.most);
  const std::string at = page_.read();
  if (!work.failure.empty()) {
    const std::string said = work.last_words.empty() ? "" : ", after it said: " + work.last_words;
    const std::string where = at.empty() ? "" : " from `process`";
    findings_.push_back(
        {at, (work.is_late ? "does not return" + where + ": its run " + work.failure : work.failure + " the process") + said});
    return {};
  }
  if (!work.thrown.empty()) {
    findings_.push_back({at, "ends a run with: " + work.thrown});
    return {};
  }
  json answer = json::parse(work.answer);
  add(answer, "findings", findings_);
  add(answer, "not_judged", not_judged_);
  return answer.contains("ended") ? std::nullopt : std::optional(std::move(answer));
}

std::vector<Finding> Trials::findings() const { return sorted(findings_); }
std::vector<Finding> Trials::not_judged() const { return sorted(not_judged_); }

}  // namespace leat::conformance
