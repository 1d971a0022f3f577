#include "program/plan.h"

#include <algorithm>
#include <cmath>

#include "base/text_table.h"
#include "program/configure.h"

namespace leat::program {

namespace {

/// What a value of unknown shape may take: labels, scores, loss terms are smaller by far.
constexpr std::int64_t small_value_bytes = 1024;

int find_phase(const Program& program, const Named& name, PhaseKind kind, bool any_but, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < program.phases.size(); ++k) {
    const ProgramPhase& phase = program.phases[k];
    if (phase.name == name.text) {
      if ((phase.kind == kind) != any_but) return static_cast<int>(k);
      diagnostics.error(
          "plan.phase", name.place, "the phase `" + name.text + "` is of kind `" + std::string(leat::name(phase.kind)) + "`",
          any_but ? "a `train` phase belongs under `plan.train`" : "it has to be of kind `" + std::string(leat::name(kind)) + "`");
      return -1;
    }
    if ((phase.kind == kind) != any_but) names.push_back(phase.name);
  }
  diagnostics.error("plan.phase", name.place, "no phase is called `" + name.text + "`", name_hint(name.text, names));
  return -1;
}

/// Steps of one pass over a source, the last one smaller.
std::int64_t pass_steps(const ProgramNode& source) { return (source.length + *source.source->batch - 1) / *source.source->batch; }

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  return names;
}

void check_keep(const TrainText& text, const Program& program, Diagnostics& diagnostics) {
  for (const Named& metric : text.keep.metrics) {
    // The description has seen to the two dots.
    const std::size_t first = metric.text.find('.');
    const std::size_t last = metric.text.rfind('.');
    const std::string phase_name = metric.text.substr(0, first), node_name = metric.text.substr(first + 1, last - first - 1);
    const auto phase =
        std::find_if(program.phases.begin(), program.phases.end(), [&](const ProgramPhase& one) { return one.name == phase_name; });
    if (phase == program.phases.end()) {
      diagnostics.error("keep.metric", metric.place,
                        "`" + metric.text + "` is no metric of this graph: no phase is called `" + phase_name + "`",
                        name_hint(phase_name, names_of(program.phases)));
      continue;
    }
    if (phase->find(node_name) < 0) {
      diagnostics.error("keep.metric", metric.place,
                        "`" + metric.text + "` is no metric of this graph: no node of `" + phase_name + "` is called `" + node_name + "`",
                        name_hint(node_name, names_of(phase->nodes)));
      continue;
    }
    if (phase->kind != PhaseKind::Validate) {
      diagnostics.error("keep.metric", metric.place,
                        "`" + metric.text + "` belongs to a phase of kind `" + std::string(leat::name(phase->kind)) +
                            "`; what is kept is chosen on validation");
      continue;
    }
    const ProgramNode& node = phase->nodes[static_cast<std::size_t>(phase->find(node_name))];
    for (const BoundInput& input : node.inputs)
      if (input.port->is(diagnostic) && !input.feeds.empty())
        diagnostics.error("keep.metric", metric.place,
                          "`" + node.name + "` sees what is for diagnosis only, and may not choose what is kept");
  }
}

std::vector<std::string> finite_sources(const ProgramPhase& phase) {
  std::vector<std::string> names;
  for (const ProgramNode& one : phase.nodes)
    if (one.source && one.length > 0) names.push_back(one.name);
  return names;
}

/// An epoch of the source with this name; of no length after a diagnostic.
Epoch epoch_of(const Named& name, const ProgramPhase& phase, Diagnostics& diagnostics) {
  const int node = phase.find(name.text);
  const ProgramNode* source = node < 0 ? nullptr : &phase.nodes[static_cast<std::size_t>(node)];
  if (source && source->source && source->length > 0) return {source->length, *source->source->batch};
  diagnostics.error("plan.phase", name.place, "epochs are counted by a source, and `" + name.text + "` is none of `" + phase.name + "`",
                    name_hint(name.text, finite_sources(phase)));
  return {};
}

void plan_validations(const TrainText& text, const ProgramPhase& phase, ProgramPlan& plan, Diagnostics& diagnostics) {
  plan.validate_every = text.validate_every;
  if (plan.validate_every > 0) return;
  plan.validate_epochs = text.validate_epochs;
  Named source = text.validate_epochs_of.text.empty() ? text.epochs_of : text.validate_epochs_of;
  if (source.text.empty()) {
    const std::vector<std::string> all = finite_sources(phase);
    if (all.size() != 1) {
      diagnostics.error("plan.validate", text.validate_phase.place,
                        "`validate` counts epochs, but `" + phase.name + "` has " + std::to_string(all.size()) + " sources with an end",
                        all.empty() ? "`every 500 steps`" : "name one: `every epoch of " + all[0] + "`");
      return;
    }
    source = {all[0], text.validate_phase.place};
  }
  plan.epoch = epoch_of(source, phase, diagnostics);
}

void build_train(const TrainText& text, Program& program, Diagnostics& diagnostics) {
  ProgramPlan& plan = program.plan;
  plan.train = find_phase(program, text.phase, PhaseKind::Train, false, diagnostics);
  if (!text.validate_phase.text.empty()) plan.validate = find_phase(program, text.validate_phase, PhaseKind::Validate, false, diagnostics);
  check_keep(text, program, diagnostics);
  if (plan.train < 0 || diagnostics.has_errors()) return;
  ProgramPhase& phase = program.phases[static_cast<std::size_t>(plan.train)];
  plan.steps = text.steps;
  if (plan.steps == 0) plan.steps = epoch_of(text.epochs_of, phase, diagnostics).end_of(text.epochs);
  phase.steps = plan.steps;
  plan.checkpoint_every = text.checkpoint_every;
  plan.stop_after = text.stop_after;
  for (const Named& metric : text.keep.metrics) plan.keep.push_back(metric.text);
  plan.keeps_first = text.keep.mode == "first";
  plan.keeps_within = text.keep.within;
  if (plan.validate >= 0) plan_validations(text, phase, plan, diagnostics);
}

void ask_lengths(const GraphDescription& graph, Program& program, Diagnostics& diagnostics) {
  for (std::size_t p = 0; p < program.phases.size(); ++p)
    for (std::size_t k = 0; k < program.phases[p].nodes.size(); ++k) {
      ProgramNode& node = program.phases[p].nodes[k];
      const NodeText& text = graph.phases[p].nodes[k];
      if (!node.source) continue;
      guarded(
          "node.refused", text, node.type->plugin, [&](const std::string& at) { return place_of(text, at); }, diagnostics,
          [&] { node.length = node.source->length(); });
    }
}

void solve_lengths(Program& program, Diagnostics& diagnostics) {
  for (ProgramPhase& phase : program.phases) {
    if (phase.kind == PhaseKind::Train) continue;
    for (const ProgramNode& node : phase.nodes) {
      if (!node.source) continue;
      if (node.length == 0)
        diagnostics.error("plan.phase", node.place, "`" + node.name + "` never ends, and `" + phase.name + "` ends with its sources");
      else phase.steps = std::max(phase.steps, pass_steps(node));
    }
  }
}

void grant_credits(Program& program, const PlanText& text, Diagnostics& diagnostics) {
  std::int64_t others = 0;
  for (const ProgramPhase& phase : program.phases)
    if (phase.kind != PhaseKind::Train) others = std::max(others, phase.step_bytes);
  const auto grant = [&](ProgramPhase& phase, std::int64_t budget, int wanted) {
    if (phase.step_bytes > budget) {
      diagnostics.error("memory.step", text.place,
                        "one step of `" + phase.name + "` takes up to " + size_words(phase.step_bytes) + ", `memory` leaves " +
                            size_words(std::max<std::int64_t>(0, budget)) + " for it",
                        "raise `memory` of the plan, or make the batches smaller");
      return;
    }
    const std::int64_t fitting = phase.step_bytes == 0 ? wanted : budget / phase.step_bytes;
    phase.credits = static_cast<int>(std::clamp<std::int64_t>(fitting, 1, wanted));
  };
  std::int64_t training = 0;
  for (ProgramPhase& phase : program.phases)
    if (phase.kind == PhaseKind::Train) {
      grant(phase, program.memory_bytes - (program.plan.validate >= 0 ? others : 0), phase.credits);
      training = std::max(training, phase.bound_bytes());
    }
  for (ProgramPhase& phase : program.phases)
    if (phase.kind != PhaseKind::Train)
      grant(phase, program.memory_bytes - (phase.kind == PhaseKind::Validate ? training : 0), phase.credits);
}

}  // namespace

void size_phase(ProgramPhase& phase) {
  for (const Wire& wire : phase.wires) {
    if (wire.stays_in_segment) continue;
    const std::int64_t values = wire.grain == Grain::Slot ? phase.origins[static_cast<std::size_t>(wire.origin)].rows : 1;
    phase.step_bytes += values * (wire.is_size_known ? wire.bytes : small_value_bytes);
  }
}

void build_plan(const GraphDescription& graph, Program& program, Diagnostics& diagnostics) {
  ask_lengths(graph, program, diagnostics);
  if (diagnostics.has_errors()) return;
  solve_lengths(program, diagnostics);
  if (graph.plan.train) build_train(*graph.plan.train, program, diagnostics);
  for (const Named& name : graph.plan.then) {
    const int phase = find_phase(program, name, PhaseKind::Train, true, diagnostics);
    if (phase >= 0) program.plan.then.push_back(phase);
  }
  if (!graph.plan.train && graph.plan.then.empty())
    diagnostics.error("plan.phase", graph.plan.place, "the plan runs nothing", "give it `train:` or `then: [predict]`");
  grant_credits(program, graph.plan, diagnostics);
}

}  // namespace leat::program

namespace leat {

std::int64_t Epoch::end_of(double epochs) const {
  constexpr double most_steps = 1e15;
  const double steps = epochs * static_cast<double>(length) / static_cast<double>(batch);
  return std::max<std::int64_t>(1, std::llround(std::min(steps, most_steps)));
}

std::int64_t ProgramPlan::next_validation(std::int64_t steps_done) const {
  if (validate < 0) return steps;
  if (validate_every > 0) return std::min(steps, (steps_done / validate_every + 1) * validate_every);
  // The last period whose end may be at `steps_done`; those shorter than a step end at one step together.
  const double periods = (static_cast<double>(steps_done) + 0.5) / (validate_epochs * epoch.steps());
  std::int64_t next = steps_done;
  for (double k = std::max(1.0, std::floor(periods)); next <= steps_done && next < steps; ++k) next = epoch.end_of(k * validate_epochs);
  return std::min(steps, next);
}

}  // namespace leat
