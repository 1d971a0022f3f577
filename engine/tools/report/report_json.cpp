#include "leat/report_json.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "logs/rank_json.h"
#include "report/report_words.h"

namespace leat {

namespace {

using nlohmann::json;

json interval_of(const Interval& interval, std::int64_t patients, bool is_wilson = false) {
  json out{{"value", number_or_null(interval.value)}, {"low", number_or_null(interval.low)}, {"high", number_or_null(interval.high)}};
  if (patients > 0) out["patients"] = patients;
  if (is_wilson) out["method"] = "Wilson score";
  return out;
}

json activity_of(const PhaseActivity& phase) {
  json nodes = json::array(), edges = json::array();
  for (const NodeActivity& node : phase.nodes)
    nodes.push_back({{"name", node.name},
                     {"type", node.type},
                     {"lane", node.lane},
                     {"calls", node.calls},
                     {"dropped", node.dropped},
                     {"busy", node.busy},
                     {"running", node.running},
                     {"queued", node.queued},
                     {"waiting_for_input", node.waiting_for_input},
                     {"blocked_by_output", node.blocked_by_output},
                     {"waiting_for_credit", node.waiting_for_credit}});
  for (const EdgeActivity& edge : phase.edges)
    edges.push_back({{"from", edge.from}, {"port", edge.port}, {"to", edge.to}, {"values", edge.values}, {"waited", edge.waited}});
  return {{"phase", phase.name}, {"steps", phase.steps}, {"seconds", phase.seconds}, {"nodes", nodes}, {"edges", edges}};
}

json data_of(const ReportRun& run) {
  json out = json::object();
  for (const auto& [name, one] : run.data) out[name] = {{"files", one.files}, {"fingerprint", one.fingerprint}, {"is_whole", one.is_whole}};
  return out;
}

json with(json object, const json& more) {
  object.update(more);
  return object;
}

}  // namespace

std::string report_json(const Report& report) {
  json runs = json::array(), phases = json::object(), kept = json::object(), weights = json::array(), trivial = json::array(),
       differences = json::array();
  for (const ReportRun& run : report.runs) {
    json activities = json::array();
    for (const PhaseActivity& phase : run.phases) activities.push_back(activity_of(phase));
    runs.push_back({{"folder", run.folder.string()},
                    {"seed", run.seed},
                    {"device", run.device},
                    {"ranks", run.ranks},
                    {"steps", run.steps},
                    {"seconds", run.seconds},
                    {"peak_bytes", run.peak_bytes},
                    {"bound_bytes", run.bound_bytes},
                    {"resources", run.resources},
                    {"warnings", run.warnings},
                    {"versions", run.versions},
                    {"data", data_of(run)},
                    {"disclosures", run.disclosures},
                    {"activity", activities},
                    {"rank_times", json_of(run.rank_times)}});
  }
  for (const ReportFigure& one : report.figures)
    (one.is_kept ? kept : phases)[one.phase][one.node + "." + one.metric] = interval_of(one.interval, one.patients, one.is_wilson);
  for (const JudgedWeights& one : report.weights) weights.push_back({{"phase", one.phase}, {"is_kept", one.is_kept}, {"steps", one.steps}});
  for (const ReportFigure& one : report.trivial)
    trivial.push_back({{"phase", one.phase}, {"task", one.task}, {"metric", one.metric}, {"value", number_or_null(one.interval.value)}});
  for (const ReportDifference& one : report.differences)
    differences.push_back(
        with(interval_of(one.interval, one.patients),
             {{"phase", one.phase}, {"task", one.task}, {"metric", one.metric}, {"ours", one.ours}, {"theirs", one.theirs}}));
  const json out{{"version", 1},
                 {"use", report::use_words},
                 {"title", report.title},
                 {"graph_hash", report.graph_hash},
                 {"runs", runs},
                 {"interval",
                  {{"level", 0.95},
                   {"method", report.runs.size() > 1 ? report.counts_patients ? "student t over seeds and patients" : "student t over seeds"
                              : report.is_by_patient ? "percentile bootstrap by patient"
                                                     : "percentile bootstrap by image"}}},
                 {"phases", phases},
                 {"kept", kept},
                 {"weights", weights},
                 {"systems", report.systems},
                 {"trivial", trivial},
                 {"differences", differences},
                 {"sentences", report.sentences},
                 {"about", report.about},
                 {"chance", report.chance},
                 {"notes", report.notes}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace leat
