#include "program/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/duration.h"
#include "base/scalar.h"
#include "base/text_table.h"
#include "leat/streams_samples.h"
#include "program/cached.h"
#include "program/configure.h"
#include "program/period.h"
#include "program/recorded.h"
#include "program/saturating.h"

namespace leat::program {

namespace {

/// Default time between two checkpoints.
constexpr double usual_checkpoint_seconds = 600;
/// Largest length of a source. Sums of a few lengths and batches fit 64 bits, and a length fits a double exactly.
constexpr std::int64_t most_length = 1'000'000'000'000'000;
constexpr std::int64_t most_steps = std::numeric_limits<std::uint32_t>::max();

/// The inputs of the plan's construction. Errors that can follow from a reported mistake are not reported.
struct Planning {
  const GraphDescription& graph;
  Program& program;
  std::vector<PhaseKnown>& known;  ///< Indexed by phase.
  Diagnostics& diagnostics;

  [[nodiscard]] int find(std::string_view name) const {
    for (std::size_t k = 0; k < program.phases.size(); ++k)
      if (program.phases[k].name == name) return static_cast<int>(k);
    return -1;
  }
  [[nodiscard]] ProgramPhase& phase(int index) const { return program.phases[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const PhaseKnown& known_of(int index) const { return known[static_cast<std::size_t>(index)]; }
};

int find_phase(const Planning& plan, const Named& name, PhaseKind kind, bool any_but) {
  if (name.text.empty()) return -1;
  const int found = plan.find(name.text);
  if (found >= 0) {
    const ProgramPhase& phase = plan.phase(found);
    if (!plan.known_of(found).has_kind || (phase.kind == kind) != any_but) return found;
    plan.diagnostics.error(
        "plan.phase", name.place, "the phase `" + name.text + "` is of kind `" + std::string(leat::name(phase.kind)) + "`",
        any_but ? "a `train` phase belongs under `plan.train`" : "it must be of kind `" + std::string(leat::name(kind)) + "`");
    return -1;
  }
  std::vector<std::string> names;
  for (const ProgramPhase& phase : plan.program.phases)
    if ((phase.kind == kind) != any_but) names.push_back(phase.name);
  if (plan.graph.has_all_phases)
    plan.diagnostics.error("plan.phase", name.place, "no phase is called `" + name.text + "`", name_hint(name.text, names));
  return -1;
}

/// Returns the steps of one epoch of a source, including a smaller last one.
std::int64_t pass_steps(const ProgramNode& source) { return (source.length + *source.source->batch - 1) / *source.source->batch; }

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  return names;
}

/// Returns true if `name` is one of the names that a declared metric stands for.
bool is_of(const Metric& metric, const std::string& name, const ProgramNode& node) {
  const std::string_view pattern = metric.name();
  const std::size_t begin = pattern.find('{'), end = pattern.find('}');
  if (begin == std::string_view::npos) return name == pattern;
  const std::string_view before = pattern.substr(0, begin), after = pattern.substr(end + 1);
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after)) return false;
  const std::string_view word = pattern.substr(begin + 1, end - begin - 1);
  for (const BoundInput& input : node.inputs)
    if (input.port->kind() == PortKind::Inputs && input.port->name() == word)
      return std::any_of(input.feeds.begin(), input.feeds.end(), [&](const Feed& feed) { return metric.of(feed.member) == name; });
  for (const ParamPort* param : node.node->params()) {
    const std::vector<std::string> names = param->found_names();
    if (param->named_symbol() != pattern.substr(begin + 1, end - begin - 1) || names.empty()) continue;
    return std::any_of(names.begin(), names.end(), [&](const std::string& entry) { return metric.of(entry) == name; });
  }
  return true;
}

/// Returns the names of a node's metrics, as far as they are known.
std::vector<std::string> metric_names(const ProgramNode& node) {
  std::vector<std::string> out;
  for (const Metric* metric : node.node->metrics()) {
    const std::size_t begin = metric->name().find('{');
    if (begin == std::string_view::npos) out.emplace_back(metric->name());
    for (const ParamPort* param : node.node->params())
      if (begin != std::string_view::npos && !param->named_symbol().empty() &&
          metric->name().substr(begin + 1).starts_with(std::string(param->named_symbol()) + "}"))
        for (const std::string& entry : param->found_names()) out.push_back(metric->of(entry));
  }
  return out;
}

/// Checks a metric of `keep`: its node declares it, its inputs do not leave it undefined, and one of two values is better.
void check_measured(const Named& metric, const std::string& name, const ProgramNode& node, const Planning& plan) {
  const auto& all = node.node->metrics();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Metric* one) { return is_of(*one, name, node); });
  if (found == all.end()) {
    plan.diagnostics.error("keep.metric", metric.place,
                           "`" + metric.text + "` is not a metric of this graph: `" + node.name + "` (" + node.type->id +
                               (all.empty() ? ") declares no metrics" : ") has no metric `" + name + "`"),
                           name_hint(name, metric_names(node)));
    return;
  }
  if (const auto undefined = node.undefined.find(*found); undefined != node.undefined.end())
    plan.diagnostics.error("keep.metric", metric.place, "`" + metric.text + "` is undefined: " + undefined->second);
  const Better better = (*found)->better();
  if (better == Better::Neither)
    plan.diagnostics.error("keep.metric", metric.place,
                           "`" + metric.text + "` cannot be in `keep`: neither a higher nor a lower value of it is better");
  ProgramPlan& out = plan.program.plan;
  const bool is_lowest = better == Better::Lower;
  if (better != Better::Neither && !out.keep.empty() && out.keeps_lowest != is_lowest)
    plan.diagnostics.error("keep.metric", metric.place,
                           "`" + metric.text + "` is better when " + (is_lowest ? "lower" : "higher") + ", but `" + out.keep[0] +
                               "` when " + (is_lowest ? "higher" : "lower") + ", so their mean cannot select weights");
  if (out.keep.empty()) out.keeps_lowest = is_lowest;
}

void check_metric(const Named& metric, const Planning& plan) {
  // The description ensures that there are two dots.
  const std::size_t first = metric.text.find('.');
  const std::size_t last = metric.text.rfind('.');
  const std::string phase_name = metric.text.substr(0, first), node_name = metric.text.substr(first + 1, last - first - 1);
  const int found = plan.find(phase_name);
  if (found < 0) {
    if (plan.graph.has_all_phases)
      plan.diagnostics.error("keep.metric", metric.place,
                             "`" + metric.text + "` is not a metric of this graph: no phase is called `" + phase_name + "`",
                             name_hint(phase_name, names_of(plan.program.phases)));
    return;
  }
  const ProgramPhase& phase = plan.phase(found);
  const PhaseKnown& known = plan.known_of(found);
  if (phase.find(node_name) < 0) {
    if (!may_have(phase, known, node_name))
      plan.diagnostics.error(
          "keep.metric", metric.place,
          "`" + metric.text + "` is not a metric of this graph: no node of `" + phase_name + "` is called `" + node_name + "`",
          name_hint(node_name, names_of(phase.nodes)));
    return;
  }
  if (phase.kind != PhaseKind::Validate && known.has_kind) {
    plan.diagnostics.error("keep.metric", metric.place,
                           "`" + metric.text + "` belongs to a phase of kind `" + std::string(leat::name(phase.kind)) +
                               "`, but weights are selected on validation");
    return;
  }
  const int validate = plan.program.plan.validate;
  if (validate >= 0 && found != validate && known.has_kind) {
    plan.diagnostics.error(
        "keep.metric", metric.place,
        "`" + metric.text + "` is never measured during training: `plan.train` validates with `" + plan.phase(validate).name + "`");
    return;
  }
  const ProgramNode& node = phase.nodes[static_cast<std::size_t>(phase.find(node_name))];
  if (node.node) check_measured(metric, metric.text.substr(last + 1), node, plan);
  for (const BoundInput& input : node.inputs)
    if (input.port->is(diagnostic) && !input.feeds.empty())
      plan.diagnostics.error("keep.metric", metric.place,
                             "`keep` cannot use `" + metric.text + "`: a diagnostic input of `" + node.name + "` is connected",
                             "choose a metric of another node");
}

void plan_validations(const TrainText& text, const Planning& planning) {
  ProgramPlan& plan = planning.program.plan;
  const TrainedPhase train{text, planning.phase(plan.train), planning.known_of(plan.train)};
  plan.validate_every = build_period(text.validate_every, "validate", text.validate_phase.place, train, planning.diagnostics);
  const Period& period = plan.validate_every;
  if (period.steps > 0 || period.epoch.length == 0 || period.length() >= 1) return;
  planning.diagnostics.warning("plan.validate", text.validate_phase.place,
                               "`validate` is due every " + epochs_text(period.epochs) + " of `" + source_of(text.validate_every, train) +
                                   "`, which is " + rounded_text(period.length(), 3) + " steps: `" + train.phase.name +
                                   "` is validated after every step, " + std::to_string(plan.steps) +
                                   (plan.steps == 1 ? " time" : " times"),
                               "an epoch of it has " + rounded_text(period.epoch.steps(), 3) + " steps");
}

void build_train(const TrainText& text, const Planning& planning) {
  ProgramPlan& plan = planning.program.plan;
  plan.train = find_phase(planning, text.phase, PhaseKind::Train, false);
  plan.validate = find_phase(planning, text.validate_phase, PhaseKind::Validate, false);
  for (const Named& metric : text.keep.metrics) {
    check_metric(metric, planning);
    plan.keep.push_back(metric.text);
  }
  plan.checkpoint_every = text.checkpoint_every;
  plan.checkpoint_seconds = text.checkpoint_every > 0     ? 0
                            : text.checkpoint_seconds > 0 ? text.checkpoint_seconds
                                                          : usual_checkpoint_seconds;
  plan.stop_after = text.stop_after;
  plan.keeps_first = text.keep.mode == "first";
  plan.keeps_within = text.keep.within;
  if (plan.train < 0) return;
  plan.steps = text.steps;
  if (plan.steps == 0) {
    const std::size_t mistakes = planning.diagnostics.all().size();
    const TrainedPhase train{text, planning.phase(plan.train), planning.known_of(plan.train)};
    const Epoch epoch = epoch_of(text.epochs_of, train, planning.diagnostics);
    if (planning.diagnostics.all().size() > mistakes) return;
    plan.steps = epoch.end_of(text.epochs);
  }
  planning.phase(plan.train).steps = plan.steps;
  if (plan.validate >= 0) plan_validations(text, planning);
}

void ask_lengths(const Planning& plan) {
  for (std::size_t p = 0; p < plan.program.phases.size(); ++p)
    for (std::size_t k = 0; k < plan.program.phases[p].nodes.size(); ++k) {
      ProgramNode& node = plan.program.phases[p].nodes[k];
      PhaseKnown::OfNode& known = plan.known[p].nodes[k];
      const NodeText& text = plan.graph.phases[p].nodes[k];
      if (!node.source || !known.is_whole) continue;
      known.has_length = guarded(
          "node.refused", text, node.type->plugin, [&](const std::string& at) { return place_of(text, at); }, plan.diagnostics,
          [&] {
            node.length = node.source->length();
            if (node.length < 0) throw Refusal("its length is " + std::to_string(node.length) + "; it cannot be negative");
            if (node.length > most_length)
              throw Refusal("its length is " + std::to_string(node.length) + "; the maximum is " + std::to_string(most_length), {},
                            "a length of 0 means an endless stream");
          });
    }
}

/// Reports a source that finds its end during the run, in a phase that needs its length or has other sources.
void check_stream(const Planning& plan, const ProgramPhase& phase, const ProgramNode& node) {
  if (phase.kind != PhaseKind::Predict)
    plan.diagnostics.error("plan.phase", node.place,
                           "`" + node.name + "` finds its number of samples only at its end, but `" + phase.name + "` is of kind `" +
                               std::string(leat::name(phase.kind)) + "`",
                           "such sources are for phases of kind `predict`");
  else if (phase.origins.size() > 1)
    plan.diagnostics.error(
        "plan.phase", node.place,
        "`" + node.name + "` finds its number of samples only at its end, so it must be the only source of `" + phase.name + "`");
}

void solve_lengths(const Planning& plan) {
  for (std::size_t p = 0; p < plan.program.phases.size(); ++p) {
    ProgramPhase& phase = plan.program.phases[p];
    if (!plan.known[p].has_kind) continue;
    for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
      const ProgramNode& node = phase.nodes[k];
      if (!node.source || !plan.known[p].nodes[k].has_length) continue;
      if (node.length == 0 && dynamic_cast<const StreamsSamples*>(node.node.get())) check_stream(plan, phase, node);
      else if (phase.kind == PhaseKind::Train) continue;
      else if (node.length == 0)
        plan.diagnostics.error("plan.phase", node.place, "`" + node.name + "` never ends, but `" + phase.name + "` ends with its sources");
      else phase.steps = std::max(phase.steps, pass_steps(node));
    }
  }
}

/// Reports phases with more steps than the event log can count in 32 bits.
void check_steps(const Planning& plan) {
  for (const ProgramPhase& phase : plan.program.phases)
    if (phase.steps > most_steps)
      plan.diagnostics.error(
          "plan.length", phase.kind == PhaseKind::Train && plan.graph.plan.train ? plan.graph.plan.train->place : phase.place,
          "`" + phase.name + "` has " + std::to_string(phase.steps) + " steps; the maximum is " + std::to_string(most_steps));
}

/// Returns true if one step of the phase fits into the budget; otherwise reports it.
bool check_step(const ProgramPhase& phase, std::int64_t budget, const ProgramCache& cache, const PlanText& text, Diagnostics& diagnostics) {
  if (phase.step_bytes <= budget) return true;
  const auto [step, left] = different_sizes(phase.step_bytes, std::max<std::int64_t>(0, budget));
  const bool has_cache = cache.most_memory() > 0;
  diagnostics.error("memory.step", text.place,
                    "one step of `" + phase.name + "` takes up to " + step + ", but `memory` leaves " + left + " for it" +
                        (has_cache ? ", because the cache takes up to " + size_words(cache.most_memory()) : ""),
                    has_cache ? "raise `memory` of the plan, reduce `memory` of the cache, or make the batches smaller"
                              : "raise `memory` of the plan, or make the batches smaller");
  return false;
}

/// Checks the largest step only: memory that is enough for it is enough for the others.
bool check_largest_step(const Program& program, const PlanText& text, Diagnostics& diagnostics) {
  const auto largest = std::max_element(program.phases.begin(), program.phases.end(),
                                        [](const auto& one, const auto& other) { return one.step_bytes < other.step_bytes; });
  return largest == program.phases.end() || check_step(*largest, program.flight_bytes(), program.plan.cache, text, diagnostics);
}

/// Gives each phase its credits. The training and its validation share `memory`; every other phase has all of it. Reports the first phase
/// for which too little is left.
void grant_credits(Program& program, const PlanText& text, Diagnostics& diagnostics) {
  const auto grant = [&](ProgramPhase& phase, std::int64_t budget) {
    if (!check_step(phase, budget, program.plan.cache, text, diagnostics)) return false;
    const auto fitting = [wanted = phase.credits, step = phase.step_bytes](std::int64_t bytes) {
      return step == 0 ? wanted : static_cast<int>(std::clamp<std::int64_t>(bytes / step, 1, wanted));
    };
    phase.credits_without_cache = fitting(budget + program.plan.cache.most_memory());
    phase.credits = fitting(budget);
    return true;
  };
  const auto at = [&](int index) { return &program.phases[static_cast<std::size_t>(index)]; };
  ProgramPhase* train = program.plan.train < 0 ? nullptr : at(program.plan.train);
  ProgramPhase* validate = program.plan.validate < 0 ? nullptr : at(program.plan.validate);
  if (train && !grant(*train, program.flight_bytes() - (validate ? validate->step_bytes : 0))) return;
  for (ProgramPhase& phase : program.phases) {
    if (&phase == train) continue;
    if (!grant(phase, program.flight_bytes() - (&phase == validate && train ? train->bound_bytes() : 0))) return;
  }
}

}  // namespace

void size_phase(ProgramPhase& phase) {
  for (const Wire& wire : phase.wires) {
    if (wire.stays_in_segment || wire.readers.empty() || !wire.is_size_known) continue;
    const std::int64_t values = wire.grain == Grain::Slot ? phase.origins[static_cast<std::size_t>(wire.origin)].rows : 1;
    phase.step_bytes = saturating_sum(phase.step_bytes, saturating_product(values, wire.bytes));
  }
}

void build_plan(const GraphDescription& graph, Program& program, std::vector<PhaseKnown>& known, bool is_sized, Diagnostics& diagnostics) {
  const Planning planning{graph, program, known, diagnostics};
  ask_lengths(planning);
  solve_lengths(planning);
  if (graph.plan.train) build_train(*graph.plan.train, planning);
  for (const Named& name : graph.plan.then) {
    const int phase = find_phase(planning, name, PhaseKind::Train, true);
    if (phase >= 0) program.plan.then.push_back(phase);
  }
  if (!graph.plan.train && graph.plan.then.empty() && !graph.plan.is_broken && graph.has_all_phases)
    diagnostics.error("plan.phase", graph.plan.place, "the plan runs nothing", "give it `train:` or `then: [predict]`");
  if (graph.plan.record) build_record(graph, program, known, diagnostics);
  check_steps(planning);
  if (is_sized && !diagnostics.has_errors()) find_cached(graph.plan, program, diagnostics);
  const bool has_mistakes = !is_sized || diagnostics.has_errors();
  if (check_largest_step(program, graph.plan, diagnostics) && !has_mistakes) grant_credits(program, graph.plan, diagnostics);
}

}  // namespace leat::program

namespace leat {

std::int64_t ProgramPlan::next_validation(std::int64_t steps_done) const {
  return validate < 0 ? steps : validate_every.next_end(steps_done, steps);
}

}  // namespace leat
