#include "conformance/value_trials.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "conformance/cut_gradients.h"
#include "conformance/ranges.h"
#include "conformance/trial_graphs.h"
#include "conformance/trials.h"
#include "conformance/unseeded.h"
#include "leat/node_error.h"

namespace leat::conformance {

using nlohmann::json;

namespace {

void add(json& findings, const Outcome::Difference& difference, const std::string& why) {
  if (!difference.text.empty()) findings.push_back({{"type", difference.type}, {"text", why + ": " + difference.text + " differs"}});
}

/// Returns the nodes that cut gradients in the first step of a training, which fails.
std::vector<Finding> cut_gradients(const TriedGraph& tried) {
  Program program = tried.build();
  Gradients gradients(first_phase(program));
  Watcher watcher(tried.page);
  RunOptions run_options = tried.options(watcher, 1);
  run_options.observers.emplace_back(&gradients, Hears::Values);
  try {
    (void)Run(program, tried.lane(), tried.threads(1), std::move(run_options)).run();
  } catch (const NodeError&) {
    // As in the run before.
  }
  return gradients.cut(tried.settings.types);
}

}  // namespace

json try_values(const TriedGraph& tried) {
  json findings = json::array();
  Watcher first(tried.page), again(tried.page);
  again.hash_inputs();
  Program program = tried.build();
  std::unique_ptr<Lane> on = tried.lane();
  Ranges ranges(program, *on);
  RunOptions run_options = tried.options(first);
  run_options.observers.emplace_back(&ranges, Hears::Values);
  std::optional<Outcome> run;
  try {
    run = Outcome::of(program, std::move(on), tried.threads(1), std::move(run_options));
  } catch (const NodeError& error) {
    // The node that changes the weights fails if another one cuts their gradients.
    const std::vector<Finding> cut = changes_weights(first_phase(program), error.node) ? cut_gradients(tried) : std::vector<Finding>();
    if (cut.empty()) throw;
    return {{"findings", json_of(cut)}, {"ended", true}};
  }
  const Outcome& one = *run;
  add(findings, one.difference(tried.outcome(1, again)),
      "gives other values in a second run with the same seed (random numbers that are not from its frame, a clock, or data that it keeps "
      "between runs)");
  for (const Finding& broken : one.broken_contracts()) findings.push_back({{"type", broken.type}, {"text", broken.text}});
  for (const Finding& broken : ranges.broken(tried.settings.types)) findings.push_back({{"type", broken.type}, {"text", broken.text}});
  for (const auto& [type, value] : again.written())
    findings.push_back({{"type", type}, {"text", "changes the " + value + " that it reads, which other nodes can read too"}});
  if (findings.empty()) {
    for (const int count : {2, 8}) {
      Watcher plain(tried.page);
      add(findings, one.difference(tried.outcome(count, plain)), "gives other values with " + std::to_string(count) + " threads");
    }
    for (const std::uint64_t seed : {1u, 2u}) {
      Watcher shaken(tried.page);
      shaken.shake_calls(seed);
      add(findings, one.difference(tried.outcome(8, shaken)), "gives other values if slots come in another order");
    }
  }
  std::vector<Finding> constants = one.constants();
  std::erase_if(constants, [&](const Finding& constant) { return !tried.settings.types.contains(constant.type); });
  return {{"findings", findings}, {"ran", first.ran()}, {"not_judged", json_of(constants)}};
}

json try_late_metrics(const TriedGraph& tried) {
  LateMetrics late(tried.page);
  RunOptions run_options = tried.options(late);
  run_options.stop_after_steps = std::max<std::int64_t>(tried.settings.steps, 6);
  run_options.observers = {{&late, Hears::Calls | Hears::Metrics | Hears::Steps}};
  Program program = tried.build();
  (void)Run(program, tried.lane(), tried.threads(2), std::move(run_options)).run();
  json findings = json::array();
  for (const LateMetrics::Changed& one : late.changed()) findings.push_back({{"type", type_of(program, one.node)}, {"text", one.text}});
  return {{"findings", findings}};
}

json try_seeds(const TriedGraph& tried) {
  constexpr std::uint64_t seeds = 6;
  Judgement judgement;
  const std::optional<GraphDescription> graph = doubled(trained(tried.graph, tried.settings.steps), tried.registry, tried.device);
  std::vector<std::unique_ptr<FirstCalls>> calls;
  std::vector<const FirstCalls*> all;
  Watcher watcher(tried.page);
  for (std::uint64_t seed = 0; graph && seed < seeds; ++seed) {
    Diagnostics diagnostics;
    Program program = Program::build(*graph, tried.registry, {seed, tried.device}, diagnostics);
    // The source can refuse such a batch.
    if (diagnostics.has_errors()) break;
    calls.push_back(std::make_unique<FirstCalls>(first_phase(program).name));
    all.push_back(calls.back().get());
    RunOptions run_options = tried.options(watcher, 1);
    run_options.observers.emplace_back(calls.back().get(), Hears::Calls | Hears::Values);
    try {
      (void)Run(program, tried.lane(), tried.threads(1), std::move(run_options)).run();
    } catch (const NodeError&) {
      // The graph fails with a larger batch, which is not a fault of the nodes that draw.
      break;
    }
    if (seed + 1 == seeds) judgement = judge_seeds(first_phase(program), all, tried.settings.types);
  }
  return json_of(judgement);
}

}  // namespace leat::conformance
