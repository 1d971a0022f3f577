#include "conformance/optimizer_trials.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "conformance/living_rows.h"
#include "conformance/skipped_step.h"
#include "conformance/trials.h"
#include "leat/node_error.h"

namespace leat::conformance {

using nlohmann::json;

namespace {

/// Returns true if one resource of the program changes others.
bool is_only_changer(const Program& program) {
  return std::count_if(program.resources.begin(), program.resources.end(), [](const ProgramResource& one) {
           return std::any_of(one.uses.begin(), one.uses.end(), [](const auto& use) { return use.second == UsePort::Access::Write; });
         }) == 1;
}

void try_step(const TriedGraph& tried, const Changer& changer, Judgement& judgement) {
  Program program = tried.build();
  StepResources resources(program, 0);
  Watcher watcher(tried.page);
  RunOptions run_options = tried.options(watcher);
  run_options.observers.emplace_back(&resources, Hears::Segments);
  (void)Run(program, tried.lane(), tried.threads(1), std::move(run_options)).run();
  if (!resources.has_begun()) return;
  for (const std::size_t weights : changer.weights)
    if (!resources.has_changed(weights))
      judgement.broken.push_back({program.resources[changer.resource].type->id,
                                  "does not change `" + program.resources[weights].name + "` in " + std::to_string(tried.settings.steps) +
                                      " steps: change the weights in place, with `step.set` (leat/optimizer.h); if it steps less often, "
                                      "give `--steps`"});
}

void try_skipped(const TriedGraph& tried, const Program& plain, const Changer& changer, Judgement& judgement) {
  constexpr std::int64_t skipped = 1;
  const std::optional<GraphDescription> graph = with_infinite_gradient(tried.graph, plain, tried.registry, changer, skipped);
  Diagnostics diagnostics;
  std::optional<Program> program;
  if (graph) program.emplace(Program::build(*graph, tried.registry, {0, tried.device}, diagnostics));
  const bool has_gradient = program && !diagnostics.has_errors();
  if (!has_gradient) program.emplace(tried.build());
  // Otherwise all gradients are spoiled, by weights that are not finite. Then a node before the optimizer can fail.
  StepResources resources(
      *program, skipped, has_gradient ? std::function<void()>() : [&program] { poison_weights(*program); });
  Watcher watcher(tried.page);
  RunOptions run_options = tried.options(watcher, skipped + 1);
  run_options.observers.emplace_back(&resources, Hears::Segments);
  const std::string type = plain.resources[changer.resource].type->id;
  std::string why_not = "no node refused the step";
  bool has_ended = false;
  try {
    (void)Run(*program, tried.lane(), tried.threads(1), std::move(run_options)).run();
  } catch (const NodeError& error) {
    has_ended = true;
    why_not = error.node == step_node(*program, changer) ? std::string() : "the run ended at `" + error.node + "`: " + error.cause;
  }
  const std::string changed = has_ended ? changed_words(*program, resources, changer) : std::string();
  if (!changed.empty())
    judgement.broken.push_back({type, "ignores `is_skipped`: a step whose gradients are not finite changes " + changed +
                                          ": change them with `step.set` (leat/optimizer.h)"});
  else if (!why_not.empty() || !resources.has_begun())
    judgement.not_judged.push_back({type, "whether it changes nothing in a step whose gradients are not finite is not known: " + why_not});
}

}  // namespace

json try_optimizers(const TriedGraph& tried) {
  Judgement judgement;
  const Program plain = tried.build();
  const NumbersRead numbers;
  for (const Changer& changer : changers(plain, tried.settings.types)) {
    try_step(tried, changer, judgement);
    // Another optimizer of the graph could have read them.
    if (numbers.count() > 0 && is_only_changer(plain))
      judgement.broken.push_back({plain.resources[changer.resource].type->id,
                                  "reads numbers from the device in `update`, so that the device waits, and a replayed step has old "
                                  "numbers: compute with the tensors of the step, without `item()`"});
    try_skipped(tried, plain, changer, judgement);
  }
  return json_of(judgement);
}

}  // namespace leat::conformance
