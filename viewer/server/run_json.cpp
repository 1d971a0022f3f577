#include "server/run_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace leat::viewer {

namespace {

using nlohmann::json;

using Column = json::array_t;

json null_or(double number, double digits) {
  if (!std::isfinite(number)) return nullptr;
  return std::round(number * digits) / digits;
}

json null_or_zero(std::int64_t number) { return number > 0 ? json(number) : json(); }

/// Returns the shares of five states in thousandths, which add up to 1000; zeros if the phase took no time.
std::array<int, 5> shares_of(const NodeActivity& node) {
  const std::array<double, 5> times{node.running, node.queued, node.waiting_for_input, node.blocked_by_output, node.waiting_for_credit};
  double all = 0;
  for (const double one : times) all += std::max(one, 0.0);
  std::array<int, 5> out{};
  if (all <= 0) return out;
  // The borders are rounded, not the shares, so the shares add up.
  double sum = 0;
  int before = 0;
  for (std::size_t k = 0; k < times.size(); ++k) {
    sum += std::max(times[k], 0.0);
    const int border = static_cast<int>(std::lround(1000 * sum / all));
    out[k] = border - before;
    before = border;
  }
  return out;
}

double per_second(std::int64_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }

/// Returns the time of the first moment at or after a step; null if there is none.
json time_of(const std::vector<StepMoment>& moments, std::int64_t step) {
  const auto found =
      std::lower_bound(moments.begin(), moments.end(), step, [](const StepMoment& one, std::int64_t wanted) { return one.step < wanted; });
  return found == moments.end() ? json() : null_or(found->time, 1e3);
}

}  // namespace

json json_of(const LogHeader& header, double begun) {
  json phases = json::array();
  for (const LogHeader::Phase& phase : header.phases) {
    json nodes = json::array(), edges = json::array();
    for (const LogHeader::Node& node : phase.nodes)
      nodes.push_back(
          {{"name", node.name}, {"type", node.type}, {"lane", node.lane}, {"grain", node.grain}, {"is_ordered", node.is_ordered}});
    for (const LogHeader::Edge& edge : phase.edges)
      edges.push_back({{"from", edge.from},
                       {"output", edge.output},
                       {"to", edge.to},
                       {"per_step", null_or_zero(edge.per_step)},
                       {"bytes", null_or_zero(edge.bytes)}});
    phases.push_back(
        {{"name", phase.name}, {"kind", phase.kind}, {"credits", null_or_zero(phase.credits)}, {"nodes", nodes}, {"edges", edges}});
  }
  const bool is_resumed = begun > 0 && header.begun > begun;
  return {{"workers", null_or_zero(header.workers)},
          {"begun", begun > 0 ? json(begun) : json()},
          {"resumed", is_resumed ? json(header.begun) : json()},
          {"phases", phases}};
}

json json_of(const LivePhase& phase, int number, bool recent) {
  const PhaseActivity& shown = recent ? phase.recent : phase.whole;
  const std::vector<CallLengths>& lengths = recent ? phase.recent_lengths : phase.whole_lengths;
  // Columns are a fourth of the work of rows with names.
  Column shares, calls, dropped, node_rates, medians, p95s, last_ends, waiting, edge_rates, waits;
  for (std::size_t k = 0; k < shown.nodes.size(); ++k) {
    const NodeActivity& node = shown.nodes[k];
    const CallLengths length = k < lengths.size() ? lengths[k] : CallLengths{std::nan(""), std::nan("")};
    shares.push_back(shares_of(node));
    calls.push_back(node.calls);
    dropped.push_back(node.dropped);
    node_rates.push_back(null_or(per_second(node.calls, shown.seconds), 1e2));
    medians.push_back(null_or(length.median * 1e3, 1e4));
    p95s.push_back(null_or(length.p95 * 1e3, 1e4));
    last_ends.push_back(recent && k < phase.last_ends.size() ? null_or(phase.last_ends[k], 1e2) : json());
  }
  for (std::size_t k = 0; k < shown.edges.size(); ++k) {
    const EdgeActivity& edge = shown.edges[k];
    waiting.push_back(recent && k < phase.waiting.size() ? json(phase.waiting[k]) : json());
    edge_rates.push_back(null_or(per_second(edge.values, shown.seconds), 1e2));
    waits.push_back(edge.values > 0 ? null_or(edge.waited / static_cast<double>(edge.values) * 1e3, 1e3) : json());
  }
  const json nodes{{"shares", std::move(shares)},     {"calls", std::move(calls)},    {"dropped", std::move(dropped)},
                   {"rate", std::move(node_rates)},   {"median", std::move(medians)}, {"p95", std::move(p95s)},
                   {"last_end", std::move(last_ends)}};
  const json edges{{"waiting", std::move(waiting)}, {"rate", std::move(edge_rates)}, {"wait", std::move(waits)}};
  json window;
  if (recent) window = {{"from", null_or(phase.from, 1e3)}, {"to", null_or(phase.to, 1e3)}};
  return {{"phase", number},      {"window", window}, {"seconds", null_or(shown.seconds, 1e3)},
          {"steps", shown.steps}, {"nodes", nodes},   {"edges", edges}};
}

json json_of(const Verdict& verdict) {
  return {{"phase", verdict.phase},
          {"sentence", verdict.sentence},
          {"details", verdict.details},
          {"nodes", verdict.nodes},
          {"is_metrics", verdict.limit == Limit::Metrics},
          {"others", verdict.others ? null_or(*verdict.others, 1e3) : json()}};
}

json json_of(const std::vector<RunningCall>& calls) {
  json out = json::array();
  for (const RunningCall& one : calls)
    out.push_back({{"phase", one.phase},
                   {"node", one.node},
                   {"step", one.step},
                   {"slot", one.slot},
                   {"seconds", null_or(one.seconds, 10)},
                   {"is_on_device", one.is_on_device}});
  return out;
}

json json_of(const StoredRun& run, int row) {
  json params = json::object(), metrics = json::object();
  for (const auto& [name, value] : run.params) params[name] = value;
  std::vector<const StoredMetric*> ordered;
  for (const StoredMetric& one : run.metrics) ordered.push_back(&one);
  std::stable_sort(ordered.begin(), ordered.end(), [](const StoredMetric* a, const StoredMetric* b) {
    return std::pair(a->headline < 0, a->headline) < std::pair(b->headline < 0, b->headline);
  });
  // A JSON object of this library sorts its keys. The order is in a list of its own.
  json order = json::array();
  for (const StoredMetric* one : ordered) {
    const std::string name = one->phase + "." + one->name;
    metrics[name] = std::isfinite(one->value) ? json(one->value) : json();
    order.push_back({{"name", name}, {"is_headline", one->headline >= 0}, {"is_mean", one->kind == PhaseKind::Train}});
  }
  return {{"row", row},
          {"folder", run.folder},
          {"title", run.title},
          {"status", name(run.status)},
          {"error", run.error},
          {"seed", run.seed ? json(std::to_string(*run.seed)) : json()},
          {"device", run.device},
          {"steps", run.steps},
          {"seconds", run.seconds},
          {"graph_hash", run.graph_hash},
          {"params", params},
          {"metrics", metrics},
          {"order", order}};
}

json json_of(const RanksActivity& ranks, bool recent) {
  if (ranks.ranks.empty()) return nullptr;
  json all = json::array();
  for (const RankActivity& one : ranks.ranks)
    all.push_back({{"name", one.name},
                   {"compute", null_or(one.compute, 1e6)},
                   {"data", null_or(one.data, 1e6)},
                   {"waiting", null_or(one.waiting, 1e6)}});
  return {{"phase", ranks.phase},
          {"is_recent", recent},
          {"steps", ranks.steps},
          {"ranks", all},
          {"sentence", ranks.sentence},
          {"late", ranks.late < 0 ? json() : json(ranks.late)},
          {"other_steps", ranks.other_steps}};
}

json names_json(const Curves& curves, const LogHeader* header) {
  std::map<std::string, std::string> kinds;
  if (header)
    for (const LogHeader::Phase& phase : header->phases) kinds[phase.name] = phase.kind;
  json phases = json::array();
  for (const auto& [phase, metrics] : curves.phases()) {
    json names = json::array();
    std::int64_t points = 0;
    for (const auto& [name, curve] : metrics) {
      names.push_back(name);
      points = std::max(points, curve.values());
    }
    phases.push_back({{"name", phase}, {"kind", kinds[phase]}, {"metrics", names}, {"points", points}});
  }
  return {{"phases", phases}, {"kept", nullptr}, {"lines_left_out", curves.lines_left_out()}};
}

json json_of(const Curve& curve, const std::vector<StepMoment>& moments, std::size_t points) {
  json step = json::array(), time = json::array(), mean = json::array(), low = json::array(), high = json::array(),
       undefined = json::array();
  for (const CurvePoint& one : curve.points(points)) {
    const bool has_value = one.count > one.undefined;
    step.push_back(one.step);
    time.push_back(time_of(moments, one.step));
    mean.push_back(has_value ? json(one.mean()) : json());
    low.push_back(has_value ? json(one.low) : json());
    high.push_back(has_value ? json(one.high) : json());
    undefined.push_back(one.undefined);
  }
  return {{"step", step}, {"time", time}, {"mean", mean}, {"low", low}, {"high", high}, {"undefined", undefined}};
}

json timeline_json(const LiveActivity& activity, double seconds) {
  constexpr std::size_t most = 5000;
  std::vector<LiveSpan> spans = activity.spans(seconds);
  const std::size_t left_out = spans.size() > most ? spans.size() - most : 0;
  spans.erase(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(left_out));
  const LogHeader* header = activity.header();
  const auto is_device = [&](const LiveSpan& one) {
    return header->phases[static_cast<std::size_t>(one.phase)].nodes[static_cast<std::size_t>(one.node)].lane == "device";
  };
  // The thread of the device lane comes last.
  std::map<std::pair<bool, int>, int> rows;
  std::set<int> lanes;
  for (const LiveSpan& one : spans)
    if (is_device(one)) lanes.insert(one.thread);
  for (const LiveSpan& one : spans) rows[{lanes.contains(one.thread), one.thread}];
  json threads = json::array();
  for (auto& [key, row] : rows) {
    row = static_cast<int>(threads.size());
    threads.push_back(key.first ? "device lane" : "worker " + std::to_string(row + 1));
  }
  json out = json::array();
  double from = activity.seconds(), to = activity.seconds();
  for (const LiveSpan& one : spans) {
    from = std::min(from, one.begin);
    out.push_back({rows[{lanes.contains(one.thread), one.thread}], one.phase, one.node, one.step, one.slot, null_or(one.begin, 1e7),
                   null_or(one.seconds, 1e7)});
  }
  return {{"from", from}, {"to", to}, {"threads", threads}, {"spans", out}, {"left_out", left_out}};
}

}  // namespace leat::viewer
