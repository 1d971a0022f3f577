#include "run/plan_walk.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "run/agreement.h"
#include "run/changed_graph.h"
#include "run/in_name_of.h"
#include "run/resumable.h"

namespace leat::run {

namespace {

/// Returns the mean of the values that are not NaN: a step in which a metric is undefined does not count. NaN if all are undefined.
double mean_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Seconds between two checkpoints of a phase after the training, if the plan counts steps of the training.
constexpr double usual_checkpoint_seconds = 60;
/// The event log counts steps in 32 bits.
constexpr std::int64_t most_steps_of_stream = std::numeric_limits<std::uint32_t>::max();

}  // namespace

PlanWalk::PlanWalk(RunContext& context, RunningFlows& flows, RunFolder& folder, Messages& messages, const RunOptions& options)
    : context_(context),
      flows_(flows),
      folder_(folder),
      messages_(messages),
      options_(options),
      program_(*context.program),
      plan_(context.program->plan),
      start_ns_(record::now_ns()) {
  place_.ranks = {{0, program_.settings.share.ranks}};
  if (!folder.is_kept() || plan_.record.outputs.empty()) return;
  if (!context.ranks) recorded_.emplace(program_, *context.lane);
  else messages.warn("`plan.record` is not done, because each rank has a part of the values: record them with one process");
}

double PlanWalk::seconds() const { return earlier_seconds_ + static_cast<double>(record::now_ns() - start_ns_) * 1e-9; }

std::int64_t PlanWalk::peak_bytes() const { return std::max<std::int64_t>(place_.peak_bytes, context_.peak_bytes); }

bool PlanWalk::has_choice(const PlanPlace& place) const {
  return place.best_step >= 0 && !plan_.keep.empty() && folder_.is_kept() && options_.stop_after_steps == 0;
}

bool PlanWalk::wants_best(const PlanPlace& place) const {
  if (!has_choice(place)) return false;
  for (auto k = static_cast<std::size_t>(place.then_done); k < plan_.then.size(); ++k)
    if (!program_.phases[static_cast<std::size_t>(plan_.then[k])].uses_last) return true;
  return false;
}

bool PlanWalk::is_through() const {
  const bool is_trained = plan_.train < 0 || place_.is_trained;
  return options_.stop_after_steps == 0 && is_trained && place_.then_done >= static_cast<std::int64_t>(plan_.then.size());
}

void PlanWalk::check_failed() {
  if (context_.has_failed) std::rethrow_exception(context_.error());
}

void PlanWalk::resume(const Checkpoint& checkpoint) {
  const bool is_changed = !folder_.is_of_this_graph(checkpoint);
  check_resumable(checkpoint, is_changed, context_, folder_, options_);
  place_ = checkpoint.place;
  note_ranks();
  const std::set<std::string, std::less<>> anew = begin_anew(checkpoint.types, program_, messages_);
  const bool chooses_otherwise = is_changed && what_chooses(folder_.kept_graph()) != what_chooses(program_.resolved);
  if (place_.best_step >= 0 && (chooses_otherwise || !anew.empty())) {
    messages_.warn("the weights of step " + std::to_string(place_.best_step) + " are no longer the best: " +
                   (chooses_otherwise ? "this graph has another `keep` or another validation"
                                      : "resources of the checkpoint differ from those of this graph"));
    place_.best_step = -1;
    place_.best = 0;
    place_.tied = 0;
    place_.waited = 0;
  }
  if (is_changed)
    messages_.warn("the graph was changed after step " + std::to_string(place_.steps) +
                   ": earlier steps ran with the previous graph, not with graph.yaml");
  if (checkpoint.plugins) warn_of_plugins(*checkpoint.plugins, program_, messages_);
  if (wants_best(place_)) folder_.check_best(place_.best_step);
  load_resources(checkpoint.resources, anew);
  if (is_changed) {
    place_.then_steps = 0;
    place_.then_sums.clear();
  }
  // A phase of `then` that has not begun has no states.
  if (!place_.is_trained || place_.then_steps > 0) states_ = checkpoint.states;
  first_step_ = place_.steps;
  earlier_seconds_ = place_.seconds;
  checkpointed_ = place_.steps;
}

/// Notes how many ranks compute the training from now on, and says so if others have computed its first steps.
void PlanWalk::note_ranks() {
  auto& history = place_.ranks;
  const int now = program_.settings.share.ranks;
  if (!place_.is_trained && history.back().second != now) {
    if (history.back().first == place_.steps) history.pop_back();
    if (history.empty() || history.back().second != now) history.emplace_back(place_.steps, now);
  }
  if (history.size() < 2) return;
  std::string parts;
  for (std::size_t k = 0; k < history.size(); ++k) {
    const auto [first, ranks] = history[k];
    const std::string from = std::to_string(first + 1);
    parts += (k == 0 ? "" : ", ") + (ranks == 1 ? "one process" : std::to_string(ranks) + " ranks") + " computed steps " +
             (k + 1 < history.size() ? from + " to " + std::to_string(history[k + 1].first) : "from " + from + " on");
  }
  messages_.disclose("the number of ranks has changed: " + parts + "; each number adds up in an order of its own");
}

class PlanWalk::Alone {
 public:
  Alone(RunContext& context, RunContext::Alone what) : context_(context) { context_.alone = what; }
  ~Alone() { context_.alone = RunContext::Alone::No; }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

 private:
  RunContext& context_;
};

std::optional<Metrics> PlanWalk::validation_of_ranks() {
  std::optional<Metrics> metrics;
  compare_resources(*context_.ranks, saved_resources(), place_.steps);
  if (is_first_rank()) {
    const Alone alone(context_, RunContext::Alone::Validates);
    if (!context_.wants_stop) metrics = run_validation();
  }
  metrics = share_metrics(*context_.ranks, metrics);
  if (!metrics) context_.cut_off();
  return metrics;
}

void PlanWalk::walk() {
  if (plan_.train >= 0 && !place_.is_trained) train();
  if (!is_first_rank()) {
    place_.then_done = static_cast<std::int64_t>(plan_.then.size());
    check_failed();
    return;
  }
  const Alone alone(context_, RunContext::Alone::Ends);
  // It was asked to stop while the ranks computed their last step.
  if (context_.ranks && context_.wants_stop) context_.cut_off();
  if (!flows_.is_cut_off() && (options_.stop_after_steps == 0 || plan_.train < 0)) run_then();
  folder_.flush();
  folder_.warn_of_unrecorded();
  context_.observer_thread.flush();
  check_failed();
}

void PlanWalk::post(const ProgramPhase& phase, RetiredStep& step) {
  const std::int64_t done = step.step + 1;
  // A phase that rank 0 runs alone calls no other rank.
  if (context_.ranks)
    if (const std::string lost = context_.ranks->lost(); !lost.empty()) context_.fail(std::make_exception_ptr(RankLost(lost)));
  if (context_.observers.hears(Hears::Steps)) context_.observer_thread.make_room();
  Progress progress{phase.name, phase.kind, done, phase.steps, step.images, {step.metrics.begin(), step.metrics.end()}};
  folder_.post_metrics(phase.name, done, step.metrics, phase.kind == PhaseKind::Train, std::move(progress));
  if (!step.is_recorded) return;
  const auto index = static_cast<int>(&phase - program_.phases.data());
  folder_.post_recorded(phase.name, index == plan_.train ? done : place_.steps, step.step, recorded_->take(index, step.step));
}

Checkpoint PlanWalk::checkpoint(std::int64_t steps, std::map<std::string, Archive> resources, Archive states) const {
  Checkpoint out{program_.graph_hash,
                 context_.lane->name(),
                 program_.settings.seed,
                 place_,
                 {},
                 std::move(resources),
                 {},
                 std::move(states),
                 records_};
  out.plugins = plugins_of(program_);
  out.merges_passes = program_.settings.merges_passes;
  out.place.steps = steps;
  out.place.seconds = seconds();
  out.place.peak_bytes = peak_bytes();
  for (const ProgramResource& one : program_.resources) out.types[one.name] = one.type->id;
  if (!out.place.is_trained) out.place.recent = recent_;
  return out;
}

std::map<std::string, Archive> PlanWalk::saved_resources() const {
  std::map<std::string, Archive> saved;
  save_resources(program_, saved);
  return saved;
}

bool PlanWalk::is_validation_due(std::int64_t steps) const {
  return options_.stop_after_steps == 0 && steps > place_.validated_at && plan_.is_validation_due(steps);
}

std::int64_t PlanWalk::next_stop(std::int64_t steps) const {
  return options_.stop_after_steps > 0 ? std::min(plan_.steps, options_.stop_after_steps) : plan_.next_validation(steps);
}

void PlanWalk::train() {
  ProgramPhase& phase = context_.program->phases[static_cast<std::size_t>(plan_.train)];
  const std::int64_t steps = options_.stop_after_steps > 0 ? std::min(plan_.steps, options_.stop_after_steps) : plan_.steps;
  FlowOptions options;
  options.first_step = place_.steps;
  options.end_step = steps;
  if (folder_.is_kept()) {
    options.checkpoint_every = plan_.checkpoint_every;
    options.checkpoint_seconds = plan_.checkpoint_seconds;
  }
  options.first_station = flows_.first_station(plan_.train);
  options.recorded = recorded_ ? &*recorded_ : nullptr;
  options.retired = [this, &phase](RetiredStep step) {
    for (const auto& [name, value] : step.metrics) {
      std::vector<double>& recent = recent_[name];
      recent.push_back(value);
      if (recent.size() > PlanPlace::most_recent) recent.erase(recent.begin());
    }
    post(phase, step);
    if (!step.has_border) return;
    // Post the checkpoint after the step's line, because it stores the length of the file.
    checkpointed_ = step.step + 1;
    folder_.post_last(checkpoint(checkpointed_, std::move(step.resources), std::move(step.states)));
  };
  if (context_.ranks) compare_resources(*context_.ranks, saved_resources(), place_.steps);
  Flow flow(context_, phase, options);
  if (states_) flow.load_states(*std::exchange(states_, std::nullopt));
  bool is_enough = false;
  {
    const RunningFlows::Entered entered(flows_, flow, plan_.train);
    flow.start();
    while (!is_enough && !flows_.is_cut_off()) {
      if (is_validation_due(place_.steps)) validate();
      // A stop can have interrupted the validation, so its result is unknown.
      if (flows_.is_cut_off()) break;
      is_enough = place_.steps >= steps || (plan_.stop_after > 0 && place_.waited >= plan_.stop_after);
      if (is_enough) break;
      const std::int64_t next = next_stop(place_.steps);
      flow.run_until(next);
      check_failed();
      place_.steps = std::min(flow.steps_done(), next);
    }
  }
  check_failed();
  if (context_.ranks) compare_resources(*context_.ranks, saved_resources(), place_.steps);
  if (const std::string late = flow.device_lane().end_ranks(); !late.empty()) messages_.warn(late);
  const std::vector<std::string> skipped = flow.skipped().sentences(options.first_step);
  for (const std::string& sentence : context_.ranks ? sentences_of_ranks(*context_.ranks, skipped) : skipped) messages_.warn(sentence);
  if (is_enough) {
    if (place_.steps < steps)
      messages_.say("the training ends at step " + std::to_string(place_.steps) + " of " + std::to_string(steps) + ": " +
                    std::to_string(place_.waited) + (place_.waited == 1 ? " validation" : " validations") +
                    " without a better one, the limit of the plan's `stop_after`");
    place_.is_trained = true;
    warn_of_ties();
    for (const auto& [name, values] : recent_) place_.phases[phase.name][name] = mean_of(values);
    // The steps' metrics are means over the last steps, also if a node records the same names over the whole training at its end.
    for (const auto& [name, value] : flow.finish()) place_.phases[phase.name].try_emplace(name, value);
  }
  const bool is_saved = checkpointed_ == place_.steps && !is_enough;
  if (!is_saved && place_.steps > 0)
    folder_.post_last(checkpoint(place_.steps, saved_resources(), is_enough ? Archive() : flow.states().at(place_.steps)));
  recent_.clear();
}

void PlanWalk::validate() {
  const std::optional<Metrics> metrics = context_.ranks ? validation_of_ranks() : run_validation();
  if (!metrics) return;
  const ProgramPhase& phase = program_.phases[static_cast<std::size_t>(plan_.validate)];
  ++place_.validations;
  place_.validated_at = place_.steps;
  place_.phases[phase.name] = *metrics;
  place_.weights_of[phase.name] = place_.steps;
  folder_.post_metrics(phase.name, place_.steps, {metrics->begin(), metrics->end()}, true, {});
  if (!plan_.keep.empty()) keep_best(*metrics);
}

void PlanWalk::keep_best(const Metrics& metrics) {
  const std::string phase = program_.phases[static_cast<std::size_t>(plan_.validate)].name;
  double score = 0;
  std::string undefined;
  for (const std::string& name : plan_.keep) {
    const auto found = metrics.find(name.substr(phase.size() + 1));
    if (found == metrics.end()) throw std::runtime_error("`keep` names `" + name + "`, but `" + phase + "` did not measure it");
    if (std::isnan(found->second)) undefined = name;
    score += (plan_.keeps_lowest ? -1 : 1) * found->second / static_cast<double>(plan_.keep.size());
  }
  // An undefined score selects nothing, and does not count for `stop_after`.
  if (!undefined.empty()) {
    messages_.warn("`" + undefined + "` is NaN at step " + std::to_string(place_.steps) + ": this validation does not count");
    return;
  }
  const bool is_first = place_.best_step < 0;
  // While all numbers are equal, `best` is each of them.
  if (place_.tied >= 0) place_.tied = place_.tied == 0 || score == place_.best ? place_.tied + 1 : -1;
  const bool can_replace = is_first || !plan_.keeps_first;
  const bool is_better = is_first || score > place_.best || std::isnan(place_.best);
  const bool is_near = plan_.keeps_within > 0 && score >= place_.best - plan_.keeps_within;
  place_.waited = can_replace && is_better ? 0 : place_.waited + 1;
  if (!can_replace || !(is_better || is_near)) return;
  if (is_better) place_.best = score;
  place_.best_step = place_.steps;
  place_.kept = metrics;
  Checkpoint best = checkpoint(place_.steps, saved_resources(), {});
  best.records = nullptr;
  folder_.post_best(std::move(best));
}

void PlanWalk::warn_of_ties() const {
  if (place_.tied < 2 || plan_.keeps_first) return;
  std::string metrics;
  for (const std::string& name : plan_.keep) metrics += (metrics.empty() ? "`" : ", `") + name + "`";
  char number[32];
  std::snprintf(number, sizeof number, "%.4g", plan_.keeps_lowest ? -place_.best : place_.best);
  messages_.warn("all " + std::to_string(place_.tied) + " validations have the same " + (plan_.keep.size() == 1 ? "" : "mean of ") +
                 metrics + ", " + number + ": `keep` has no information, and the weights of step " + std::to_string(place_.best_step) +
                 " are kept without being better; check the labels or masks of the validation, or keep by another metric");
}

void PlanWalk::load_resources(const std::map<std::string, Archive>& saved, const std::set<std::string, std::less<>>& but) {
  for (const auto& [name, archive] : saved)
    for (ProgramResource& one : context_.program->resources)
      if (one.name == name && !but.contains(name))
        in_name_of(one, "the loading of its checkpoint", [&one, &from = archive] { one.resource->load(from); });
}

std::optional<Metrics> PlanWalk::run_validation() {
  FlowOptions options;
  options.occurrence = place_.validations;
  StepSums sums;
  options.retired = [this, &sums](RetiredStep step) {
    sums.add(step.metrics);
    post(program_.phases[static_cast<std::size_t>(plan_.validate)], step);
  };
  return run_phase(plan_.validate, std::move(options), sums, nullptr);
}

std::optional<Metrics> PlanWalk::run_next(const std::map<std::string, Archive>& last) {
  const int index = plan_.then[static_cast<std::size_t>(place_.then_done)];
  const ProgramPhase& phase = program_.phases[static_cast<std::size_t>(index)];
  FlowOptions options;
  options.first_step = options_.only_step.value_or(place_.then_steps);
  const bool takes_checkpoints = folder_.keeps_checkpoints() && options_.stop_after_steps == 0;
  if (takes_checkpoints) options.checkpoint_seconds = plan_.checkpoint_seconds > 0 ? plan_.checkpoint_seconds : usual_checkpoint_seconds;
  options.finishes_admitted = takes_checkpoints;
  StepSums sums{place_.then_sums};
  const std::function<void(std::int64_t, Archive)> post_checkpoint = [this, &sums, &last](std::int64_t done, Archive states) {
    Checkpoint saved = checkpoint(place_.steps, last, std::move(states));
    saved.place.then_steps = done;
    saved.place.then_sums = sums.by_metric;
    folder_.post_last(std::move(saved));
  };
  options.retired = [this, &phase, &sums, &post_checkpoint](RetiredStep step) {
    sums.add(step.metrics);
    post(phase, step);
    if (step.has_border && (phase.stream() || step.step + 1 < phase.steps)) post_checkpoint(step.step + 1, std::move(step.states));
  };
  return run_phase(index, std::move(options), sums, takes_checkpoints ? post_checkpoint : nullptr);
}

std::optional<Metrics> PlanWalk::run_phase(int index, FlowOptions options, StepSums& sums,
                                           const std::function<void(std::int64_t, Archive)>& cut_off) {
  ProgramPhase& phase = context_.program->phases[static_cast<std::size_t>(index)];
  const std::int64_t first = options.first_step;
  const std::int64_t whole = phase.stream() ? most_steps_of_stream : phase.steps;
  const std::int64_t steps = options_.only_step              ? *options_.only_step + 1
                             : options_.stop_after_steps > 0 ? std::min(whole, options_.stop_after_steps)
                                                             : whole;
  options.end_step = steps;
  options.first_slots = options_.first_slots;
  options.first_station = flows_.first_station(index);
  options.recorded = recorded_ ? &*recorded_ : nullptr;
  Flow flow(context_, phase, std::move(options));
  if (states_) flow.load_states(*std::exchange(states_, std::nullopt));
  {
    const RunningFlows::Entered entered(flows_, flow, index);
    flow.start();
    flow.run_until(steps);
  }
  check_failed();
  const std::int64_t end = std::min(steps, flow.stream_end());
  if (cut_off && flow.steps_done() < end && flow.steps_done() > 0) cut_off(flow.steps_done(), flow.states().all_now());
  for (const std::string& sentence : flow.skipped().sentences(options_.only_step ? 0 : first)) messages_.warn(sentence);
  if (flow.steps_done() < end) return {};
  Metrics metrics = sums.means();
  if (options_.only_step) return metrics;
  for (const auto& [name, value] : flow.finish()) metrics[name] = value;
  return metrics;
}

void PlanWalk::run_then() {
  const bool can_choose = has_choice(place_);
  if (!plan_.keep.empty() && place_.best_step < 0 && place_.validations > 0 && place_.then_done == 0 && folder_.is_kept() &&
      !plan_.then.empty())
    messages_.warn("no validation had a number for the plan's `keep`: the phases after the training use the weights of the last step, " +
                   std::to_string(place_.steps));
  // Checkpoints store the last weights, also while a phase uses the best ones.
  const std::map<std::string, Archive> last = saved_resources();
  bool has_best = false;
  for (auto k = static_cast<std::size_t>(place_.then_done); k < plan_.then.size(); ++k) {
    const ProgramPhase& phase = program_.phases[static_cast<std::size_t>(plan_.then[k])];
    const bool takes_best = can_choose && !phase.uses_last;
    if (takes_best && !has_best) {
      load_resources(folder_.read_best(place_.best_step).resources);
      messages_.say("the phases after the training use the weights of step " + std::to_string(place_.best_step) +
                    ", selected by the plan's `keep`");
    }
    if (!takes_best && has_best) load_resources(last);
    has_best = takes_best;
    const std::optional<Metrics> metrics = run_next(last);
    if (!metrics) return;
    place_.phases[phase.name] = *metrics;
    if (plan_.train >= 0) place_.weights_of[phase.name] = takes_best ? place_.best_step : place_.steps;
    place_.then_done = static_cast<std::int64_t>(k) + 1;
    place_.then_steps = 0;
    place_.then_sums.clear();
    folder_.post_last(checkpoint(place_.steps, last, {}));
    if (options_.stop_after_steps > 0) return;
  }
}

}  // namespace leat::run
