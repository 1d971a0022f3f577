#include "conformance/interruption_trials.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "conformance/suspect.h"
#include "conformance/trial_graphs.h"
#include "leat/checkpoint.h"
#include "leat/node_error.h"
#include "leat/scratch_folder.h"

namespace leat::conformance {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

void run_stopped(const TriedGraph& tried, const GraphDescription& graph, Stopping& stopping, RunOptions run_options) {
  Program program = tried.build(graph);
  Run run(program, tried.lane(), tried.threads(2), std::move(run_options));
  stopping.run = &run;
  (void)run.run();
}

}  // namespace

json try_failures(const TriedGraph& tried, const std::string& type) {
  json findings = json::array();
  Failing count(tried.page, type, 0);
  (void)tried.outcome(1, count);
  constexpr int most = 6;
  for (int nth = 1; nth <= std::min(count.most_asked(), most); ++nth) {
    Failing failing(tried.page, type, nth);
    try {
      (void)tried.outcome(1, failing);
      if (failing.has_failed())
        findings.push_back({{"type", type}, {"text", "continues if its frame throws: the exception must leave `process`"}});
    } catch (const NodeError& error) {
      if (error.type != type || error.cause != Failing::words)
        findings.push_back({{"type", type}, {"text", "replaces an exception of its frame with another one: " + error.cause}});
    }
    if (!findings.empty()) break;
  }
  return {{"findings", findings}};
}

json try_stops(const TriedGraph& tried) {
  for (const std::int64_t calls : {1, 2, 5, 11}) {
    Stopping stopping(tried.page, calls, -1);
    run_stopped(tried, tried.graph, stopping, tried.options(stopping));
  }
  return {{"findings", json::array()}};
}

json try_resume(const TriedGraph& tried) {
  json findings = json::array();
  const GraphDescription graph = trained(tried.graph, tried.settings.steps);
  Diagnostics diagnostics;
  (void)Program::build(graph, tried.registry, {0, tried.device}, diagnostics);
  if (diagnostics.has_errors()) return {{"findings", findings}, {"why_not", "it is not valid as a train phase: " + diagnostics.str()}};
  const ScratchFolder place;
  Watcher watcher(tried.page);
  const auto run_in = [&](const fs::path& folder, bool resumes) {
    Program program = tried.build(graph);
    RunOptions run_options = tried.options(watcher, resumed_steps(tried.graph, tried.settings.steps));
    run_options.folder = folder;
    run_options.resumes = resumes;
    return Outcome::of(program, tried.lane(), tried.threads(1), std::move(run_options));
  };
  const Outcome whole = run_in(place / "whole", false);
  Stopping stopping(tried.page, 0, stopped_step(tried.graph));
  RunOptions stopped = tried.options(stopping, resumed_steps(tried.graph, tried.settings.steps));
  stopped.folder = place / "parts";
  run_stopped(tried, graph, stopping, std::move(stopped));
  const std::optional<CheckpointSummary> checkpoint = last_checkpoint(place / "parts");
  if (!checkpoint || checkpoint->is_trained)
    return {{"findings", findings}, {"why_not", checkpoint ? "it ended before it could be stopped" : "it has no checkpoint"}};
  const Outcome rest = run_in(place / "parts", true);
  const Outcome::Difference difference = whole.difference_from(rest, checkpoint->steps);
  if (!difference.text.empty()) {
    const Suspect one = suspect_of(tried.build(graph), whole, difference, checkpoint->steps, tried.settings.types);
    findings.push_back({{"type", one.type},
                        {"text", "gives other values after a resume (what it remembers must be in a State or be saved by its resource): " +
                                     difference.text + " differs" + one.how}});
  }
  return {{"findings", findings}, {"why_not", ""}};
}

}  // namespace leat::conformance
