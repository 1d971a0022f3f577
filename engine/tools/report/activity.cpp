#include "report/activity.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace leat::report {

namespace {

using nlohmann::json;
using record::Event;
using record::EventKind;
using record::LogReader;

struct EdgeText {
  int from;
  std::string port;
  int to;
};

/// One occurrence of a phase in one part of the run.
struct Stretch {
  std::vector<Event> events;                       ///< Of nodes.
  std::map<std::uint32_t, std::int64_t> admitted;  ///< By step: when.
  std::int64_t retired = 0;
};

struct PhaseText {
  std::vector<EdgeText> edges;
  PhaseActivity activity;
  std::map<std::pair<int, int>, Stretch> stretches;  ///< By part and occurrence.
};

/// What a node has at a moment. Each is a number of items, values or units.
enum Counter { running, queued, remaining, unread, counters };

struct Change {
  std::int64_t at;
  Counter counter;
  int by;
};

std::int64_t begin_of(const Event& event) { return event.ready_ns + event.waited_ns; }
std::int64_t end_of(const Event& event) { return begin_of(event) + event.busy_ns; }

bool before(const Event& a, const Event& b) { return std::tie(a.node, a.step, a.slot) < std::tie(b.node, b.step, b.slot); }

/// All events of a node for a step, whichever slot, among sorted ones.
std::pair<std::vector<Event>::const_iterator, std::vector<Event>::const_iterator> of_step(const std::vector<Event>& events, int node,
                                                                                          std::uint32_t step) {
  const auto is_less = [](const Event& event, const std::pair<int, std::uint32_t>& key) {
    return std::pair<int, std::uint32_t>(event.node, event.step) < key;
  };
  const auto is_more = [](const std::pair<int, std::uint32_t>& key, const Event& event) {
    return key < std::pair<int, std::uint32_t>(event.node, event.step);
  };
  const std::pair<int, std::uint32_t> key(node, step);
  return {std::lower_bound(events.begin(), events.end(), key, is_less), std::upper_bound(events.begin(), events.end(), key, is_more)};
}

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

/// Walks through time and gives each moment from `begin` to `end` to one state.
void add_states(NodeActivity& node, std::vector<Change>& changes, std::int64_t begin, std::int64_t end) {
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.at < b.at; });
  std::array<int, counters> now{};
  std::int64_t from = begin;
  const auto spend_until = [&](std::int64_t to) {
    const std::int64_t until = std::clamp(to, from, end);
    double& state = now[running] > 0     ? node.running
                    : now[queued] > 0    ? node.queued
                    : now[remaining] > 0 ? node.waiting_for_input
                    : now[unread] > 0    ? node.blocked_by_output
                                         : node.waiting_for_credit;
    state += seconds(until - from);
    from = until;
  };
  for (const Change& change : changes) {
    spend_until(change.at);
    now[change.counter] += change.by;
  }
  spend_until(end);
}

void add_value(EdgeActivity& edge, std::vector<Change>& changes, std::int64_t given, std::int64_t read) {
  ++edge.values;
  if (read <= given) return;
  edge.waited += seconds(read - given);
  changes.push_back({given, unread, 1});
  changes.push_back({read, unread, -1});
}

void add_edge(EdgeActivity& edge, const EdgeText& text, const Stretch& stretch, std::vector<Change>& changes) {
  const auto first = std::lower_bound(stretch.events.begin(), stretch.events.end(), text.to,
                                      [](const Event& event, int node) { return event.node < node; });
  for (auto reader = first; reader != stretch.events.end() && reader->node == text.to; ++reader) {
    const auto [begin, end] = of_step(stretch.events, text.from, reader->step);
    for (auto writer = begin; writer != end; ++writer)
      if (writer->slot == reader->slot || writer->slot < 0 || reader->slot < 0)
        add_value(edge, changes, end_of(*writer), begin_of(*reader));
  }
}

void add_stretch(PhaseText& phase, Stretch& stretch) {
  if (stretch.admitted.empty()) return;
  std::sort(stretch.events.begin(), stretch.events.end(), before);
  std::int64_t begin = stretch.admitted.begin()->second, end = begin;
  for (const auto& [step, at] : stretch.admitted) begin = std::min(begin, at);
  std::vector<std::vector<Change>> changes(phase.activity.nodes.size());
  for (const Event& event : stretch.events) {
    end = std::max(end, end_of(event));
    if (event.node >= changes.size()) continue;
    NodeActivity& node = phase.activity.nodes[event.node];
    ++node.calls;
    if (event.kind == EventKind::Dropped) ++node.dropped;
    node.busy += seconds(event.busy_ns);
    std::vector<Change>& own = changes[event.node];
    const auto admitted = stretch.admitted.find(event.step);
    own.push_back({admitted == stretch.admitted.end() ? event.ready_ns : admitted->second, remaining, 1});
    own.push_back({event.ready_ns, queued, 1});
    own.push_back({begin_of(event), queued, -1});
    own.push_back({begin_of(event), running, 1});
    own.push_back({end_of(event), running, -1});
    own.push_back({end_of(event), remaining, -1});
  }
  for (std::size_t k = 0; k < phase.edges.size(); ++k)
    add_edge(phase.activity.edges[k], phase.edges[k], stretch, changes[static_cast<std::size_t>(phase.edges[k].from)]);
  for (std::size_t k = 0; k < changes.size(); ++k) add_states(phase.activity.nodes[k], changes[k], begin, end);
  phase.activity.steps += stretch.retired;
  phase.activity.seconds += seconds(end - begin);
}

std::vector<PhaseText> phases_of(const json& header) {
  std::vector<PhaseText> phases;
  for (const json& one : header.at("phases")) {
    PhaseText& phase = phases.emplace_back();
    phase.activity.name = one.at("name");
    for (const json& node : one.at("nodes")) {
      NodeActivity& made = phase.activity.nodes.emplace_back();
      made.name = node.at("name");
      made.type = node.at("type");
      made.lane = node.at("lane");
    }
    for (const json& edge : one.at("edges")) {
      const EdgeText& text = phase.edges.emplace_back(EdgeText{edge.at(0), edge.at(1), edge.at(2)});
      phase.activity.edges.push_back({phase.activity.nodes.at(static_cast<std::size_t>(text.from)).name, text.port,
                                      phase.activity.nodes.at(static_cast<std::size_t>(text.to)).name});
    }
  }
  return phases;
}

}  // namespace

std::vector<PhaseActivity> activity(const std::function<void(const record::LogReader&)>& replay) {
  std::vector<PhaseText> phases;
  int part = -1;
  LogReader reader;
  reader.header = [&](std::string_view text) {
    // A resumed run has the same phases, and its clock begins anew.
    ++part;
    if (phases.empty()) phases = phases_of(json::parse(text));
  };
  reader.event = [&](const Event& event) {
    if (event.phase >= phases.size()) return;
    Stretch& stretch = phases[event.phase].stretches[{part, event.occurrence}];
    if (event.kind == EventKind::Admitted) stretch.admitted.emplace(event.step, event.ready_ns);
    else if (event.kind == EventKind::Retired) ++stretch.retired;
    else stretch.events.push_back(event);
  };
  replay(reader);
  std::vector<PhaseActivity> out;
  for (PhaseText& phase : phases) {
    for (auto& [key, stretch] : phase.stretches) add_stretch(phase, stretch);
    if (!phase.stretches.empty()) out.push_back(std::move(phase.activity));
  }
  return out;
}

}  // namespace leat::report

namespace leat {

std::vector<PhaseActivity> activity(const std::filesystem::path& events_log) {
  return report::activity([&](const record::LogReader& reader) { (void)record::read_log(events_log, reader); });
}

}  // namespace leat
