#include <cmath>
#include <nlohmann/json.hpp>

#include "leat/report.h"

namespace leat {

namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json interval_of(const Interval& interval) {
  return {{"value", number(interval.value)}, {"low", number(interval.low)}, {"high", number(interval.high)}};
}

json with(json object, const json& more) {
  object.update(more);
  return object;
}

}  // namespace

std::string report_json(const Report& report) {
  json runs = json::array(), phases = json::object(), trivial = json::array(), differences = json::array();
  for (const ReportRun& run : report.runs)
    runs.push_back({{"folder", run.folder.string()},
                    {"seed", run.seed},
                    {"device", run.device},
                    {"steps", run.steps},
                    {"seconds", run.seconds},
                    {"peak_bytes", run.peak_bytes},
                    {"bound_bytes", run.bound_bytes},
                    {"warnings", run.warnings}});
  for (const ReportFigure& one : report.figures) phases[one.phase][one.node + "." + one.metric] = interval_of(one.interval);
  for (const ReportFigure& one : report.trivial)
    trivial.push_back({{"phase", one.phase}, {"task", one.task}, {"metric", one.metric}, {"value", number(one.interval.value)}});
  for (const ReportDifference& one : report.differences)
    differences.push_back(
        with(interval_of(one.interval),
             {{"phase", one.phase}, {"task", one.task}, {"metric", one.metric}, {"ours", one.ours}, {"theirs", one.theirs}}));
  const json out{
      {"version", 1},
      {"title", report.title},
      {"graph_hash", report.graph_hash},
      {"runs", runs},
      {"interval", {{"level", 0.95}, {"method", report.runs.size() > 1 ? "student t over seeds" : "percentile bootstrap by image"}}},
      {"phases", phases},
      {"systems", report.systems},
      {"trivial", trivial},
      {"differences", differences},
      {"sentences", report.sentences}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace leat
