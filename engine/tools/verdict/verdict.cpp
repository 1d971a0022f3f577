#include "leat/verdict.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"
#include "logs/rank_json.h"
#include "verdict/log_verdict.h"
#include "verdict/verdict_words.h"

namespace leat {

const char* name(Limit limit) {
  switch (limit) {
    case Limit::Unknown:
      return "unknown";
    case Limit::Device:
      return "device";
    case Limit::Workers:
      return "workers";
    case Limit::Node:
      return "node";
    case Limit::Ordered:
      return "ordered";
    case Limit::Prefetch:
      return "prefetch";
    case Limit::Memory:
      return "memory";
    case Limit::Disk:
      return "disk";
    case Limit::Phase:
      return "phase";
    case Limit::Metrics:
      return "metrics";
    case Limit::Threads:
      return "threads";
    case Limit::Elsewhere:
      return "elsewhere";
  }
  return "unknown";
}

std::string sentence_with_phase(const Verdict& verdict) {
  if (verdict.sentence.starts_with("`" + verdict.phase + "`")) return verdict.sentence;
  return "In `" + verdict.phase + "`, " + verdict::lower(verdict.sentence);
}

LogVerdicts verdicts(const std::filesystem::path& events_log, std::optional<bool> is_over) {
  verdict::LogVerdict log;
  LogEnd end;
  const record::LogReader of_log = log.reader();
  const record::LogReader reader{[&](std::string_view json) {
                                   end = {};
                                   of_log.header(json);
                                 },
                                 of_log.event,
                                 [&](std::string_view json) {
                                   end.note(json);
                                   of_log.note(json);
                                 }};
  const bool is_whole = record::read_log(events_log, reader);
  return {log.finish(is_over), is_whole, log.workers(), std::move(end)};
}

std::string verdicts_json(const std::vector<Verdict>& verdicts) {
  static constexpr const char* changes[] = {"worker", "steps_in_flight", "faster"};
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const Verdict& one : verdicts) {
    nlohmann::ordered_json gains = nlohmann::ordered_json::array();
    for (const Gain& gain : one.gains) {
      nlohmann::ordered_json made = {{"change", changes[static_cast<int>(gain.change)]}};
      if (gain.change == Gain::Change::Faster) made["node"] = gain.node;
      else made["to"] = gain.to;
      made["speed"] = number_or_null(gain.speed);
      made["waits"] = number_or_null(gain.waits);
      made["sentence"] = gain.sentence;
      gains.push_back(std::move(made));
    }
    out.push_back({{"phase", one.phase},
                   {"limit", name(one.limit)},
                   {"sentence", one.sentence},
                   {"details", one.details},
                   {"nodes", one.nodes},
                   {"seconds", number_or_null(one.seconds)},
                   {"waits", number_or_null(one.waits)},
                   {"workers_busy", number_or_null(one.workers_busy)},
                   {"others", one.others ? number_or_null(*one.others) : nlohmann::json()},
                   {"gains", gains},
                   {"ranks", json_of(one.ranks)}});
  }
  return json_line(out) + "\n";
}

}  // namespace leat
