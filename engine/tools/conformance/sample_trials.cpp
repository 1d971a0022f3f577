#include "conformance/sample_trials.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "conformance/kept_names.h"
#include "conformance/living_rows.h"
#include "conformance/sources.h"
#include "conformance/trial_graphs.h"
#include "conformance/trials.h"
#include "leat/node_error.h"

namespace leat::conformance {

using nlohmann::json;

namespace {

/// Returns the answer of a trial. A network that is always right can make metrics the same whatever their inputs are. Then the trial is
/// repeated with a worse one.
json seen(const TriedGraph& tried, json (*trial)(const TriedGraph&)) {
  json out = trial(tried);
  if (!out.value("is_blind", false) || tried.weights.empty()) return out;
  constexpr int attempts = 5;
  for (int attempt = 1; attempt <= attempts; ++attempt) {
    const Weights worse = shuffled(tried.weights, static_cast<std::uint64_t>(attempt));
    Page page;
    json again = trial({tried.graph, tried.registry, tried.settings, worse, page, attempt});
    if (!again.at("findings").empty()) return again;
    // A worse network still need not show everything, so that all attempts are made.
    if (!again.value("is_blind", true)) out = std::move(again);
  }
  return out;
}

/// Runs the program and adds its results to `rows`.
void run_rows(const TriedGraph& tried, Program& program, LivingRows& rows, RunOptions run_options, Watcher& watcher) {
  run_options.observers = {{&watcher, Hears::Calls | Hears::Requests}, {&rows, Hears::Values | Hears::Steps}};
  rows.add(Run(program, tried.lane(), tried.threads(1), std::move(run_options)).run());
}

json judge_dropped(const TriedGraph& tried) {
  Program first = tried.build(), second = tried.build(), third = tried.build();
  const ProgramPhase& phase = first_phase(first);
  // A network whose last weights start at zero gives the same output for all rows until it has learnt.
  const std::int64_t learnt = phase.kind == PhaseKind::Train ? std::min(tried.settings.steps, phase.steps) / 2 : 0;
  Watcher watcher(tried.page);
  RunOptions run_options = tried.options(watcher);
  // Drop single rows and pairs, other ones in each step. So live rows on both sides differ, also if the classes of samples alternate.
  run_options.drops = [learnt, attempt = tried.attempt](std::string_view, std::int64_t step, int slot) {
    const std::int64_t place = (slot + step - learnt + attempt) % 6;
    return step >= learnt && (place == 1 || place == 3 || place == 4);
  };
  LivingRows before(phase, learnt), after(phase, learnt), plain(phase, learnt);
  try {
    run_rows(tried, third, plain, tried.options(watcher), watcher);
    run_rows(tried, first, before, run_options, watcher);
    run_options.repeats_next = [learnt](std::string_view, std::int64_t step) { return step >= learnt; };
    run_rows(tried, second, after, run_options, watcher);
  } catch (const NodeError& error) {
    json findings = json::array();
    if (!tried.settings.types.contains(error.type)) return {{"findings", findings}, {"why_not", error.what()}};
    findings.push_back({{"type", error.type}, {"text", "fails if samples are dropped, at " + error.where + ": " + error.cause}});
    return {{"findings", findings}, {"why_not", ""}};
  }
  return json_of(LivingRows::of_weights(first, before, after, plain, tried.settings.types));
}

json judge_kept_names(const TriedGraph& tried) {
  Watcher watcher(tried.page);
  const auto built = [&](const GraphDescription& graph, const Registry& registry) { return tried.build(graph, registry); };
  const auto run = [&](Program& program, Observer& observer) {
    RunOptions run_options = tried.options(watcher, 1);
    run_options.observers.emplace_back(&observer, Hears::Values);
    const RunResult result = Run(program, tried.lane(), tried.threads(1), std::move(run_options)).run();
    const auto metrics = result.phases.find(first_phase(program).name);
    return metrics == result.phases.end() ? Metrics() : metrics->second;
  };
  return json_of(judge_names(tried.graph, tried.registry, built, run, tried.settings.types));
}

std::string_view reason_of(std::string_view text) { return text.substr(std::min(text.find(" is not known: "), text.size())); }

/// Leaves every second slot of each batch, as for a rank of two, but without the other one. Returns why that is not possible, or nothing.
std::string keep_half(Program& program) {
  for (ProgramPhase& phase : program.phases) {
    phase.share = {0, 2};
    for (Origin& origin : phase.origins) {
      if (origin.rows < 2) {
        const std::string& source = phase.nodes[static_cast<std::size_t>(origin.source)].name;
        return "`batch` of `" + source + "` is " + std::to_string(origin.rows) + ", but half of it is needed";
      }
      origin.rows = phase.share.places_of(origin.rows);
    }
  }
  return {};
}

}  // namespace

json try_dropped(const TriedGraph& tried) { return seen(tried, judge_dropped); }

json try_alone(const TriedGraph& tried, const std::vector<Finding>& reported) {
  Program alone = tried.build(), beside = tried.build();
  std::string why_not = keep_half(alone);
  if (why_not.empty()) {
    LivingRows few(first_phase(alone), 0, 2), many(first_phase(beside), 0);
    Watcher watcher(tried.page);
    RunOptions run_options = tried.options(watcher);
    try {
      run_rows(tried, alone, few, run_options, watcher);
      run_options.drops = [](std::string_view, std::int64_t, int slot) { return slot % 2 == 1; };
      run_rows(tried, beside, many, run_options, watcher);
      Judgement judgement = LivingRows::of_counts(beside, few, many, tried.settings.types);
      // Do not repeat the reasons of the previous trial.
      std::erase_if(judgement.not_judged, [&](const Finding& one) {
        return std::any_of(reported.begin(), reported.end(),
                           [&one](const Finding& said) { return said.type == one.type && reason_of(said.text) == reason_of(one.text); });
      });
      return json_of(judgement);
    } catch (const NodeError& error) {
      why_not = error.what();
    }
  }
  Judgement none;
  for (const std::string& type : row_readers(first_phase(beside), tried.settings.types))
    none.not_judged.push_back({type, "whether it counts the rows of dropped samples is not known: " + why_not});
  return json_of(none);
}

json try_empty(const TriedGraph& tried) {
  Program program = tried.build();
  const ProgramPhase& phase = first_phase(program);
  const std::int64_t step = std::min(tried.settings.steps, phase.steps) > 1 ? 1 : 0;
  Watcher watcher(tried.page);
  RunOptions run_options = tried.options(watcher, step + 1);
  run_options.drops = [step](std::string_view, std::int64_t of, int) { return of == step; };
  json findings = json::array();
  try {
    (void)Run(program, tried.lane(), tried.threads(1), std::move(run_options)).run();
  } catch (const NodeError& error) {
    if (tried.settings.types.contains(error.type))
      findings.push_back(
          {{"type", error.type}, {"text", "fails if all samples of a step are dropped, at " + error.where + ": " + error.cause}});
  }
  return {{"findings", findings}};
}

json try_names(const TriedGraph& tried) { return seen(tried, judge_kept_names); }

json try_sources(const TriedGraph& tried) {
  Watcher watcher(tried.page);
  const auto built = [&](const GraphDescription& graph, const Registry& registry) { return tried.build(graph, registry); };
  const auto run = [&](Program& program, Observer& observer, std::int64_t steps) {
    RunOptions run_options = tried.options(watcher, steps);
    run_options.weights.clear();
    run_options.observers.emplace_back(&observer, Hears::Values);
    (void)Run(program, tried.lane(), tried.threads(1), std::move(run_options)).run();
  };
  return json_of(judge_sources(tried.graph, tried.registry, built, run, tried.settings.types));
}

}  // namespace leat::conformance
