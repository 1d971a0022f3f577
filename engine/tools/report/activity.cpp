#include "report/activity.h"
#include "logs/rank_notes.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace leat::report {

namespace {

using record::Event;
using record::LogReader;

/// Merges two lists. Adds entries with the same key, and keeps entries that only one list has. `key` distinguishes entries, also those with
/// the same name.
template <class Thing, class Key, class Add>
void add_by_name(std::vector<Thing>& to, const std::vector<Thing>& more, Key key, Add add) {
  using Named = std::pair<decltype(key(more.front())), int>;
  std::map<Named, std::size_t> places;
  std::map<decltype(key(more.front())), int> known, met;
  for (std::size_t k = 0; k < to.size(); ++k) places[{key(to[k]), known[key(to[k])]++}] = k;
  for (const Thing& one : more) {
    const auto place = places.find({key(one), met[key(one)]++});
    if (place == places.end()) to.push_back(one);
    else add(to[place->second], one);
  }
}

}  // namespace

void add_part(std::vector<PhaseActivity>& all, const std::vector<PhaseActivity>& part) {
  const auto name = [](const auto& one) { return one.name; };
  add_by_name(all, part, name, [&](PhaseActivity& phase, const PhaseActivity& more) {
    phase.steps += more.steps;
    phase.seconds += more.seconds;
    add_by_name(phase.nodes, more.nodes, name, [](NodeActivity& node, const NodeActivity& one) {
      node.calls += one.calls;
      node.dropped += one.dropped;
      for (const auto state : {&NodeActivity::busy, &NodeActivity::running, &NodeActivity::queued, &NodeActivity::waiting_for_input,
                               &NodeActivity::blocked_by_output, &NodeActivity::waiting_for_credit})
        node.*state += one.*state;
    });
    const auto ends = [](const EdgeActivity& edge) { return std::tuple(edge.from, edge.port, edge.to); };
    add_by_name(phase.edges, more.edges, ends, [](EdgeActivity& edge, const EdgeActivity& one) {
      edge.values += one.values;
      edge.waited += one.waited;
    });
  });
}

std::vector<PhaseActivity> activities_of(const LogHeader& header, const LogPart& part) {
  std::vector<PhaseActivity> out;
  for (std::size_t p = 0; p < header.phases.size(); ++p) out.push_back(activity_of(header.phases[p], part.phases()[p].settled()));
  return out;
}

std::vector<PhaseActivity> activity(const std::function<void(const LogReader&)>& replay, std::int64_t lag) {
  std::vector<std::vector<PhaseActivity>> parts;
  std::set<std::string> ran;
  LogHeader header;
  std::optional<LogPart> part;
  const auto end_part = [&] {
    if (!part) return;
    part->finish();
    for (std::size_t p = 0; p < header.phases.size(); ++p)
      if (part->phases()[p].has_run) ran.insert(header.phases[p].name);
    parts.push_back(activities_of(header, *part));
  };
  LogReader reader;
  reader.header = [&](std::string_view text) {
    end_part();
    header = read_log_header(text);
    part.emplace(header);
  };
  reader.event = [&](const Event& event) {
    if (!part) return;
    part->add(event);
    part->fold_until(part->events() - lag);
  };
  reader.note = [&](std::string_view text) {
    if (part) part->note(text);
  };
  replay(reader);
  end_part();
  std::vector<PhaseActivity> all;
  // Start with the newest part, because its order is used.
  for (auto one = parts.rbegin(); one != parts.rend(); ++one) add_part(all, *one);
  std::erase_if(all, [&](const PhaseActivity& phase) { return !ran.contains(phase.name); });
  return all;
}

}  // namespace leat::report

namespace leat {

std::vector<PhaseActivity> activity(const std::filesystem::path& events_log) { return run_activity(events_log).phases; }

RunActivity run_activity(const std::filesystem::path& events_log) {
  RankNotes ranks;
  const auto replay = [&](const record::LogReader& of_phases) {
    record::LogReader reader = of_phases;
    reader.header = [&](std::string_view text) {
      ranks.begin_part();
      of_phases.header(text);
    };
    reader.note = [&](std::string_view text) {
      if (RankNotes::is_one(text)) ranks.note(text);
      of_phases.note(text);
    };
    (void)record::read_log(events_log, reader);
  };
  RunActivity out;
  out.phases = report::activity(replay);
  out.ranks = ranks.whole();
  return out;
}

}  // namespace leat
