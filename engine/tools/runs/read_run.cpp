#include "runs/read_run.h"

#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "leat/folder_in_use.h"
#include "leat/log_end.h"
#include "leat/log_so_far.h"
#include "leat/metrics_so_far.h"
#include "leat/resolved_text.h"
#include "leat/run.h"
#include "report/finished_run.h"

namespace leat {

namespace fs = std::filesystem;
using namespace report;

namespace {

/// Returns a parameter as the results of a finished run would have it: 2.0e-3 is 0.002.
std::string as_in_results(const std::string& text) {
  const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  return parsed.is_number() || parsed.is_boolean() ? parsed.dump() : text;
}

}  // namespace

std::int64_t time_of(const fs::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return 0;
  return static_cast<std::int64_t>(facts.st_mtim.tv_sec) * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

std::int64_t last_sign(const fs::path& folder) {
  return std::max(
      {time_of(folder / "graph.yaml"), time_of(folder / "metrics.jsonl"), time_of(folder / "checkpoints"), time_of(folder / "events.log")});
}

std::optional<StoredRun> read_results(const fs::path& folder, std::string& why) {
  StoredRun out;
  out.modified = time_of(folder / "results.json");
  if (out.modified == 0) return {};
  try {
    const FinishedRun run = read_figures(folder);
    out.title = run.title;
    out.graph_hash = run.graph_hash;
    out.seed = run.facts.seed;
    out.device = run.facts.device;
    out.status = RunStatus::Finished;
    out.steps = run.facts.steps;
    out.seconds = run.facts.seconds;
    out.params = run.params;
    out.resources = run.facts.resources;
    out.validation = run.selecting_phase();
    out.has_kept = run.has_kept();
    for (const MeasuredPhase& phase : run.phases)
      for (const Measured& one : phase.figures)
        out.metrics.push_back({phase.name, phase.kind, one.node + "." + one.metric, run.chosen_value(phase.name, one.node, one.metric),
                               one.headline, one.bounds});
    return out;
  } catch (const Refusal& refusal) {
    // The results are of another version, or truncated: the run is not finished.
    why = refusal.what();
    if (const std::size_t at = why.find(folder.string() + "/"); at != std::string::npos) why.erase(at, folder.string().size() + 1);
    return {};
  }
}

StoredRun read_unfinished(const fs::path& folder) {
  StoredRun out;
  out.modified = last_sign(folder);
  LogEnd end = end_in(folder / "events.log");
  out.status = status_of(false, end, false);
  if (out.status == RunStatus::Failed) out.error = end.failure->why.empty() ? "the reason is not known" : std::move(end.failure->why);
  Diagnostics ignored;
  std::error_code hidden;
  if (const fs::path graph = folder / "graph.yaml"; fs::is_regular_file(graph, hidden)) {
    const GraphDescription text = read_graph(graph, {}, ignored);
    out.title = text.title;
    for (const ParamText& one : text.params) out.params.emplace_back(one.name, as_in_results(one.value));
  }
  try {
    if (const auto checkpoint = last_checkpoint(folder)) {
      out.graph_hash = graph_hash_in(folder, checkpoint->graph_hash);
      out.seed = checkpoint->seed;
      out.device = checkpoint->device;
      out.steps = checkpoint->steps;
      out.seconds = checkpoint->seconds;
    } else if (const auto begin = run_begin(folder)) {
      out.seed = begin->seed;
      out.device = begin->device;
    }
  } catch (const std::exception&) {
    // A damaged checkpoint is reported when the run is resumed.
  }
  out.steps = std::max(out.steps, metrics_so_far(folder, "").steps);
  // A log that grows is not read from its begin each time.
  if (!is_in_use(folder))
    if (const double logged = LogSoFar(folder / "events.log").read(); logged > 0) out.seconds = logged;
  return out;
}

void take_work(StoredRun& run, const fs::path& folder) {
  // How it ended is no longer true of a run that is resumed.
  run.error.clear();
  run.status = status_of(true, end_in(folder / "events.log"), false);
}

StoredRun read_run(const fs::path& folder) {
  // A run writes how it ended before it lets go of its folder. So the lock is looked at before the files.
  const bool is_working = is_in_use(folder);
  std::string why;
  std::optional<StoredRun> run = read_results(folder, why);
  if (!run) {
    run = read_unfinished(folder);
    if (!why.empty()) run->error = why;
  }
  run->folder = folder.filename().string();
  if (is_working) take_work(*run, folder);
  return *std::move(run);
}

}  // namespace leat
