#include "report/activity.h"

#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "report/stretch.h"

namespace leat::report {

namespace {

using nlohmann::json;
using record::Event;
using record::EventKind;
using record::LogReader;

/// A phase in one part of the run.
struct PartPhase {
  PhaseActivity words;  ///< Names only.
  PhaseSums sums;
  std::map<std::uint32_t, Stretch> stretches;  ///< By occurrence.
  std::uint32_t newest = 0;                    ///< Latest occurrence that has begun.
};

std::vector<PartPhase> phases_of(const json& header) {
  std::vector<PartPhase> phases;
  for (const json& one : header.at("phases")) {
    PartPhase& phase = phases.emplace_back();
    phase.words.name = one.at("name");
    for (const json& node : one.at("nodes")) {
      NodeActivity& made = phase.words.nodes.emplace_back();
      made.name = node.at("name");
      made.type = node.at("type");
      made.lane = node.at("lane");
    }
    phase.sums.nodes.resize(phase.words.nodes.size());
    for (const json& edge : one.at("edges")) {
      const int from = edge.at(0), to = edge.at(2);
      phase.sums.edges.push_back({from, to});
      phase.words.edges.push_back(
          {phase.words.nodes.at(static_cast<std::size_t>(from)).name, edge.at(1), phase.words.nodes.at(static_cast<std::size_t>(to)).name});
    }
  }
  return phases;
}

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

PhaseActivity activity_of(PartPhase& phase) {
  for (auto& [occurrence, stretch] : phase.stretches) stretch.finish();
  PhaseActivity out = std::move(phase.words);
  const PhaseSums& sums = phase.sums;
  out.steps = sums.steps;
  out.seconds = seconds(sums.length);
  for (std::size_t k = 0; k < sums.nodes.size(); ++k) {
    const auto& within = sums.nodes[k].within;
    NodeActivity& node = out.nodes[k];
    node.calls = sums.nodes[k].calls;
    node.dropped = sums.nodes[k].dropped;
    node.busy = seconds(sums.nodes[k].busy);
    node.running = seconds(within[PhaseSums::running]);
    node.queued = seconds(within[PhaseSums::queued] - within[PhaseSums::running]);
    node.waiting_for_input = seconds(within[PhaseSums::remaining] - within[PhaseSums::queued]);
    node.blocked_by_output = seconds(within[PhaseSums::unread] - within[PhaseSums::remaining]);
    node.waiting_for_credit = seconds(sums.length - within[PhaseSums::unread]);
  }
  for (std::size_t k = 0; k < sums.edges.size(); ++k) {
    out.edges[k].values = sums.edges[k].values;
    out.edges[k].waited = seconds(sums.edges[k].waited);
  }
  return out;
}

/// The part of a log from one header to the next: a run, or the events that a resumed run appended. It has its own clock and its own nodes.
class Part {
 public:
  Part(std::string_view header, std::int64_t lag) : phases_(phases_of(json::parse(header))), lag_(lag) {}

  void add(const Event& event) {
    if (event.phase >= phases_.size()) return;
    ++read_;
    Stretch& stretch = stretch_of(event);
    stretch.add(event);
    if (event.kind == EventKind::Retired) retired_.push_back({event.phase, event.occurrence, event.step, event.ready_ns, read_});
    for (; !retired_.empty() && retired_.front().read + lag_ <= read_; retired_.pop_front()) fold(retired_.front());
  }

  /// Returns the activity of the phases that ran. Must be the last call.
  [[nodiscard]] std::vector<PhaseActivity> finish(std::set<std::string>& ran) {
    std::vector<PhaseActivity> out;
    for (PartPhase& phase : phases_) {
      if (!phase.stretches.empty()) ran.insert(phase.words.name);
      out.push_back(activity_of(phase));
    }
    return out;
  }

 private:
  struct Retirement {
    std::uint16_t phase;
    std::uint32_t occurrence;
    std::uint32_t step;
    std::int64_t at;
    std::int64_t read;  ///< Number of events read so far.
  };

  Stretch& stretch_of(const Event& event) {
    PartPhase& phase = phases_[event.phase];
    const auto [found, is_new] = phase.stretches.try_emplace(event.occurrence, phase.sums);
    if (is_new && event.occurrence != phase.newest) {
      const auto before = phase.stretches.find(phase.newest);
      if (before != phase.stretches.end() && !before->second.has_steps()) before->second.close();
      phase.newest = event.occurrence;
    }
    return found->second;
  }

  void fold(const Retirement& retired) {
    PartPhase& phase = phases_[retired.phase];
    Stretch& stretch = phase.stretches.at(retired.occurrence);
    stretch.fold(retired.step, retired.at);
    if (retired.occurrence != phase.newest && !stretch.has_steps()) stretch.close();
  }

  std::vector<PartPhase> phases_;
  std::deque<Retirement> retired_;  ///< Retired steps that are not folded yet.
  std::int64_t lag_;
  std::int64_t read_ = 0;
};

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

}  // namespace

std::vector<PhaseActivity> activity(const std::function<void(const LogReader&)>& replay, std::int64_t lag) {
  std::vector<std::vector<PhaseActivity>> parts;
  std::set<std::string> ran;
  std::optional<Part> part;
  LogReader reader;
  reader.header = [&](std::string_view text) {
    if (part) parts.push_back(part->finish(ran));
    try {
      part.emplace(text, lag);
    } catch (const std::exception&) {
      throw std::runtime_error("the header of the event log names no phases, nodes and edges");
    }
  };
  reader.event = [&](const Event& event) {
    if (part) part->add(event);
  };
  replay(reader);
  if (part) parts.push_back(part->finish(ran));
  std::vector<PhaseActivity> all;
  // Start with the newest part, because its order is used.
  for (auto one = parts.rbegin(); one != parts.rend(); ++one) add_part(all, *one);
  std::erase_if(all, [&](const PhaseActivity& phase) { return !ran.contains(phase.name); });
  return all;
}

}  // namespace leat::report

namespace leat {

std::vector<PhaseActivity> activity(const std::filesystem::path& events_log) {
  return report::activity([&](const record::LogReader& reader) { (void)record::read_log(events_log, reader); });
}

}  // namespace leat
