#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/json.h"
#include "run/engine.h"

namespace leat {

namespace {

/// {"phase": "train", "step": 12, "metrics": {…}}, metrics in the order of nodes.
std::string metrics_line(const std::string& phase, std::int64_t step, const std::vector<std::pair<std::string, double>>& metrics) {
  std::string line = "{\"phase\": " + json_text(phase) + ", \"step\": " + std::to_string(step) + ", \"metrics\": {";
  for (std::size_t k = 0; k < metrics.size(); ++k)
    line += (k ? ", " : "") + json_text(metrics[k].first) + ": " + json_number(metrics[k].second);
  return line + "}}\n";
}

}  // namespace

void Run::Engine::retired(const ProgramPhase& phase, run::RetiredStep step) {
  {
    const std::lock_guard guard(lock_);
    for (const auto& [name, value] : step.metrics) {
      auto& values = recent_[name];
      values.push_back(value);
      if (phase.kind == PhaseKind::Train && values.size() > recent_steps) values.pop_front();
    }
  }
  const std::int64_t done = step.step + 1;
  const bool has_border = step.has_border;
  std::map<std::string, Archive> resources = std::move(step.resources);
  Archive states = std::move(step.states);
  const bool is_kept = !step.metrics.empty() || (metrics_file_.is_open() && phase.kind == PhaseKind::Train) || options_.progress;
  if (is_kept)
    recorder_->post([this, &phase, done, step = std::move(step)] {
      const std::string line = metrics_line(phase.name, done, step.metrics);
      if (metrics_file_.is_open() && phase.kind == PhaseKind::Train) metrics_file_.append(line);
      if (log_ && !step.metrics.empty()) log_->add_note(line);
      if (!options_.progress) return;
      Progress progress{phase.name, phase.kind, done, phase.steps, step.images, {}};
      progress.metrics.insert(step.metrics.begin(), step.metrics.end());
      options_.progress(progress);
    });
  // After its line, for the checkpoint keeps the file's length.
  if (has_border) post_checkpoint("last", done, std::move(resources), std::move(states));
}

void Run::Engine::post_checkpoint(const std::string& folder, std::int64_t steps, std::map<std::string, Archive> resources, Archive states) {
  if (options_.folder.empty() || !options_.keeps_checkpoints) return;
  run::Checkpoint checkpoint{program_.graph_hash, lane_->name(), program_.settings.seed, {}, {}, std::move(resources), std::move(states)};
  {
    const std::lock_guard guard(lock_);
    checkpoint.place = place_;
    if (folder == "last") checkpointed_ = steps;
  }
  checkpoint.place.steps = steps;
  checkpoint.place.seconds = seconds();
  recorder_->post([this, folder, checkpoint = std::make_shared<run::Checkpoint>(std::move(checkpoint))] {
    if (metrics_file_.is_open()) checkpoint->files["metrics.jsonl"] = metrics_file_.length();
    run::write_checkpoint(options_.folder / "checkpoints" / folder, *checkpoint);
    if (log_) log_->add_note("{\"checkpoint\": " + json_text(folder) + ", \"steps\": " + std::to_string(checkpoint->place.steps) + "}");
  });
}

std::map<std::string, Archive> Run::Engine::saved_resources() const {
  std::map<std::string, Archive> saved;
  for (const ProgramResource& one : program_.resources) {
    Archive archive;
    one.resource->save(archive);
    if (!archive.entries().empty() || !archive.metadata.empty()) saved[one.name] = std::move(archive);
  }
  return saved;
}

void Run::Engine::train() {
  ProgramPhase& phase = program_.phases[static_cast<std::size_t>(program_.plan.train)];
  std::int64_t steps = program_.plan.steps;
  if (options_.stop_after_steps > 0) steps = std::min(steps, options_.stop_after_steps);
  run::FlowOptions options;
  options.first_step = place_.steps;
  options.end_step = steps;
  options.checkpoint_every = options_.folder.empty() ? 0 : program_.plan.checkpoint_every;
  options.first_station = first_station_[static_cast<std::size_t>(program_.plan.train)];
  options.retired = [this, &phase](run::RetiredStep step) { retired(phase, std::move(step)); };
  run::Flow flow(shared_, phase, options);
  if (checkpoint_) flow.load_states(checkpoint_->states);
  const Entered entered(*this, flow, program_.plan.train);
  flow.start();
  const std::int64_t every = options_.stop_after_steps > 0 ? 0 : program_.plan.validate_every;
  const auto validation_due = [&] {
    return every > 0 && place_.steps > place_.validated_at && (place_.steps % every == 0 || place_.steps == steps);
  };
  bool is_enough = false;
  while (!is_enough && !is_stopping_) {
    if (validation_due()) validate();
    // A stop may have cut the validation off: what it would have said is not known.
    if (is_stopping_) break;
    is_enough = place_.steps >= steps || (program_.plan.stop_after > 0 && place_.waited >= program_.plan.stop_after);
    if (is_enough) break;
    const std::int64_t next = every > 0 ? std::min(steps, (place_.steps / every + 1) * every) : steps;
    flow.run_until(next);
    check_failed();
    const std::lock_guard guard(lock_);
    place_.steps = std::min(flow.steps_done(), next);
  }
  executor_->wait();
  check_failed();
  for (const std::string& sentence : flow.skipped()) warn(sentence);
  if (is_enough) {
    place_.is_trained = true;
    for (const auto& [name, values] : recent_)
      place_.phases[phase.name][name] = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    for (const auto& [name, value] : flow.finish()) place_.phases[phase.name][name] = value;
  }
  recent_.clear();
  const bool is_saved = checkpointed_ == place_.steps && !is_enough;
  if (!is_saved && place_.steps > 0)
    post_checkpoint("last", place_.steps, saved_resources(), is_enough ? Archive() : flow.states_at(place_.steps));
}

void Run::Engine::validate() {
  Metrics metrics;
  if (!run_phase(program_.plan.validate, place_.validations, metrics)) return;
  const ProgramPhase& phase = program_.phases[static_cast<std::size_t>(program_.plan.validate)];
  {
    const std::lock_guard guard(lock_);
    ++place_.validations;
    place_.validated_at = place_.steps;
    place_.phases[phase.name] = metrics;
  }
  const std::vector<std::pair<std::string, double>> ordered(metrics.begin(), metrics.end());
  recorder_->post([this, line = metrics_line(phase.name, place_.steps, ordered)] {
    if (metrics_file_.is_open()) metrics_file_.append(line);
    if (log_) log_->add_note(line);
  });
  if (!program_.plan.keep.empty()) keep_best(metrics);
}

void Run::Engine::keep_best(const Metrics& metrics) {
  const std::string phase = program_.phases[static_cast<std::size_t>(program_.plan.validate)].name;
  double score = 0;
  for (const std::string& name : program_.plan.keep) {
    const auto found = metrics.find(name.substr(phase.size() + 1));
    if (found == metrics.end()) throw std::runtime_error("`keep` names `" + name + "`, and `" + phase + "` did not measure it");
    score += found->second / static_cast<double>(program_.plan.keep.size());
  }
  std::unique_lock guard(lock_);
  const bool is_first = place_.best_step < 0;
  const bool can_replace = is_first || !program_.plan.keeps_first;
  // What is not a number is kept until something is.
  const bool is_better = is_first || score > place_.best || (std::isnan(place_.best) && !std::isnan(score));
  const bool is_near = program_.plan.keeps_within > 0 && score >= place_.best - program_.plan.keeps_within;
  place_.waited = can_replace && is_better ? 0 : place_.waited + 1;
  if (!can_replace || !(is_better || is_near)) return;
  if (is_better) place_.best = score;
  place_.best_step = place_.steps;
  guard.unlock();
  post_checkpoint("best", place_.steps, saved_resources(), {});
}

void Run::Engine::load_resources(const std::map<std::string, Archive>& saved) {
  for (const auto& [name, archive] : saved)
    for (ProgramResource& one : program_.resources)
      if (one.name == name) one.resource->load(archive);
}

void Run::Engine::use_best() {
  recorder_->flush();
  check_failed();
  const auto best = run::read_checkpoint(options_.folder / "checkpoints" / "best");
  if (!best) throw std::runtime_error("no whole checkpoint is in " + (options_.folder / "checkpoints" / "best").string());
  load_resources(best->resources);
  if (options_.message)
    options_.message("what follows uses the weights of step " + std::to_string(place_.best_step) + ", as the plan's `keep` says");
}

bool Run::Engine::run_phase(int index, std::int64_t occurrence, Metrics& metrics) {
  ProgramPhase& phase = program_.phases[static_cast<std::size_t>(index)];
  std::int64_t steps = phase.steps;
  if (options_.stop_after_steps > 0) steps = std::min(steps, options_.stop_after_steps);
  std::map<std::string, std::deque<double>> outer;
  {
    const std::lock_guard guard(lock_);
    outer.swap(recent_);
  }
  run::FlowOptions options;
  options.occurrence = occurrence;
  options.end_step = steps;
  options.first_station = first_station_[static_cast<std::size_t>(index)];
  options.retired = [this, &phase](run::RetiredStep step) { retired(phase, std::move(step)); };
  run::Flow flow(shared_, phase, options);
  const Entered entered(*this, flow, index);
  flow.start();
  flow.run_until(steps);
  check_failed();
  executor_->wait();
  for (const std::string& sentence : flow.skipped()) warn(sentence);
  const bool is_whole = flow.steps_done() >= steps;
  if (is_whole) {
    const std::lock_guard guard(lock_);
    for (const auto& [name, values] : recent_)
      metrics[name] = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
  if (is_whole)
    for (const auto& [name, value] : flow.finish()) metrics[name] = value;
  const std::lock_guard guard(lock_);
  outer.swap(recent_);
  return is_whole;
}

void Run::Engine::run_then() {
  const bool can_choose = place_.best_step >= 0 && !options_.folder.empty() && options_.stop_after_steps == 0;
  // These are what the checkpoints keep, also while a phase uses the best.
  const std::map<std::string, Archive> last = saved_resources();
  bool has_best = false;
  for (std::size_t k = static_cast<std::size_t>(place_.then_done); k < program_.plan.then.size(); ++k) {
    Metrics metrics;
    const ProgramPhase& phase = program_.phases[static_cast<std::size_t>(program_.plan.then[k])];
    const bool wants_best = can_choose && !phase.uses_last;
    if (wants_best && !has_best) use_best();
    if (!wants_best && has_best) load_resources(last);
    has_best = wants_best;
    if (!run_phase(program_.plan.then[k], 0, metrics)) return;
    place_.phases[phase.name] = metrics;
    place_.then_done = static_cast<std::int64_t>(k) + 1;
    post_checkpoint("last", place_.steps, last, {});
    if (options_.stop_after_steps > 0) return;
  }
}

}  // namespace leat
