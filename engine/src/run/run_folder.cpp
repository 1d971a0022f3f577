#include "run/run_folder.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/json.h"
#include "base/utf8.h"
#include "leat/resolved_text.h"
#include "leat/thrown.h"
#include "program/saturating.h"
#include "run/results_file.h"

namespace leat::run {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// Returns the part of `plan.memory` that limits the steps of a phase in flight. The training and its validation share it.
std::int64_t granted_bytes(const Program& program, const ProgramPhase& phase) {
  const ProgramPlan& plan = program.plan;
  if (plan.train < 0 || plan.validate < 0) return program.flight_bytes();
  const ProgramPhase& train = program.phases[static_cast<std::size_t>(plan.train)];
  const ProgramPhase& validate = program.phases[static_cast<std::size_t>(plan.validate)];
  if (&phase == &train) return program.flight_bytes() - validate.step_bytes;
  return program.flight_bytes() - (&phase == &validate ? train.bound_bytes() : 0);
}

/// Returns the number of values that a wire gets in one step.
int values_per_step(const ProgramPhase& phase, const Wire& wire) {
  const bool has_slots = wire.grain == Grain::Slot && wire.origin >= 0;
  return has_slots ? phase.origins[static_cast<std::size_t>(wire.origin)].rows : 1;
}

/// Returns the stretches whose values a cache would keep; empty if the plan has one.
json cacheable_of(const Program& program, const ProgramPhase& phase) {
  json out = json::array();
  if (program.plan.cache.is_on()) return out;
  for (const Stretch& stretch : phase.cacheable) {
    const ProgramNode& last = phase.nodes[static_cast<std::size_t>(stretch.nodes.back())];
    const Wire& wire = phase.wires[static_cast<std::size_t>(last.wires[0])];
    const Origin& origin = phase.origins[static_cast<std::size_t>(last.origin)];
    const std::int64_t length = phase.nodes[static_cast<std::size_t>(origin.source)].length;
    if (length == 0) continue;
    const double epochs = phase.kind == PhaseKind::Train ? static_cast<double>(phase.steps) * origin.rows / static_cast<double>(length)
                                                         : static_cast<double>(program.plan.steps) / program.plan.validate_every.length();
    const std::int64_t bytes = wire.is_size_known && !wire.is_size_assumed ? program::saturating_product(length, wire.bytes) : 0;
    out.push_back({{"nodes", stretch.nodes}, {"epochs", epochs}, {"bytes", bytes}});
  }
  return out;
}

json header_of(const Program& program, int workers, bool is_async) {
  json phases = json::array();
  for (const ProgramPhase& phase : program.phases) {
    json nodes = json::array();
    for (const ProgramNode& node : phase.nodes)
      nodes.push_back({{"name", node.name},
                       {"type", node.type->id},
                       {"lane", node.lane == LaneKind::Device ? "device" : "cpu"},
                       {"grain", node.grain == Grain::Slot ? "slot" : "step"},
                       {"segment", node.segment},
                       {"ordered", node.is_ordered()}});
    json edges = json::array();
    for (const Wire& wire : phase.wires)
      for (const Wire::Reader& reader : wire.readers)
        edges.push_back({wire.node, std::string(wire.port->name()), reader.node, reader.input, values_per_step(phase, wire), wire.bytes});
    phases.push_back({{"name", phase.name},
                      {"kind", std::string(name(phase.kind))},
                      {"credits", phase.credits},
                      {"steps", phase.steps},
                      {"step_bytes", phase.step_bytes},
                      {"memory", granted_bytes(program, phase)},
                      {"has_unknown_sizes", phase.has_unknown_sizes()},
                      {"nodes", nodes},
                      {"cacheable", cacheable_of(program, phase)},
                      {"edges", edges}});
  }
  return {{"version", 1},       {"begun", unix_now()},  {"graph_hash", program.graph_hash},
          {"workers", workers}, {"is_async", is_async}, {"phases", phases}};
}

ordered_json metrics_entry(const std::string& phase, std::int64_t step, const std::vector<std::pair<std::string, double>>& metrics) {
  ordered_json numbers = ordered_json::object();
  for (const auto& [name, value] : metrics) numbers[name] = number_or_null(value);
  return {{"phase", phase}, {"step", step}, {"metrics", numbers}};
}

/// Files and folders that a new run would overwrite.
constexpr std::initializer_list<const char*> run_files = {
    "graph.yaml",       "metrics.jsonl",         "events.log", "results.json", "checkpoints/last",
    "checkpoints/best", "checkpoints/best.next", "recorded"};

/// Returns true if the folder has a file of one of these names, or a folder that is not empty.
bool has_one_of(const fs::path& folder, std::initializer_list<const char*> names) {
  std::error_code ignored;
  return std::any_of(names.begin(), names.end(), [&](const char* name) {
    const fs::path path = folder / name;
    if (fs::is_directory(path, ignored)) return !fs::is_empty(path, ignored);
    return fs::exists(path, ignored);
  });
}

/// Throws std::runtime_error if graph.yaml or metrics.jsonl in the folder are not a run's. A run's folder has a lock before anything else,
/// but a copy can lack it. Without a lock and without files that only runs have, these files are the user's.
void refuse_what_is_of_no_run(const fs::path& folder) {
  if (has_one_of(folder, {"lock", "events.log", "results.json", "checkpoints/last", "checkpoints/best"})) return;
  for (const char* name : {"graph.yaml", "metrics.jsonl"})
    if (has_one_of(folder, {name}))
      throw std::runtime_error(folder.string() + " has a " + name + ", but is not a run's folder: name another folder");
}

/// Throws if a file of this name cannot be written at the end of the run.
void try_to_write(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) throw std::runtime_error("cannot write " + file.string() + ": it is a folder");
  const fs::path beside = file.string() + ".new";
  DurableFile(beside).close();
  fs::remove(beside);
}

}  // namespace

RunFolder::RunFolder(RunContext& context, Messages& messages, const RunOptions& options)
    : context_(context),
      messages_(messages),
      options_(options),
      path_(options.ranks && options.ranks->rank() > 0 ? fs::path() : options.folder),
      recorder_(context) {}

std::optional<RunResult> RunFolder::finished() const {
  if (!is_kept() || !options_.resumes || options_.accepts_changed_graph) return {};
  std::error_code ignored;
  if (!fs::is_regular_file(path_ / "results.json", ignored)) return {};
  std::ifstream in(path_ / "results.json");
  const json results = in ? json::parse(in, nullptr, false) : json();
  if (!results.is_object() || !results.contains("phases") ||
      graph_hash_in(path_, results.value("graph_hash", "")) != context_.program->graph_hash)
    return {};
  RunResult out;
  out.steps = results.value("steps", std::int64_t{0});
  out.seconds = results.value("seconds", 0.0);
  out.peak_bytes = results.value("peak_bytes", std::int64_t{0});
  out.ranks = results.value("ranks", 1);
  for (const auto& [phase, metrics] : results.at("phases").items())
    for (const auto& [name, value] : metrics.items()) out.phases[phase][name] = number_or_nan(value);
  out.weights_of = results.value("weights_of", out.weights_of);
  if (const json kept = results.value("kept", json()); kept.is_object()) {
    out.kept = RunResult::Kept{kept.at("phase"), kept.at("step"), {}};
    for (const auto& [name, value] : kept.at("metrics").items()) out.kept->metrics[name] = number_or_nan(value);
  }
  for (const json& warning : results.value("warnings", json::array())) out.warnings.push_back(warning);
  for (const json& sentence : results.value("disclosures", json::array())) out.disclosures.push_back(sentence);
  return out;
}

std::optional<Checkpoint> RunFolder::claim() {
  if (!is_kept()) return {};
  refuse_what_is_of_no_run(path_);
  lock_.emplace(path_);
  if (!options_.resumes && has_one_of(path_, run_files))
    throw std::runtime_error(path_.string() + " already holds a run: " + (keeps_checkpoints() ? "resume it with --resume, or " : "") +
                             "name another folder");
  std::optional<FoundCheckpoint> last = find_checkpoint(checkpoints() / "last");
  try_to_write(path_ / "results.json");
  if (last && keeps_checkpoints()) finish_write(last->folder, checkpoints() / "last");
  if (last && last->checkpoint.place.best_step >= 0) promote_best(checkpoints(), last->checkpoint.place.best_step);
  if (keeps_checkpoints()) {
    discard_next_best(checkpoints());
    for (const char* name : {"last", "best.next"}) try_to_write_checkpoint(checkpoints() / name);
  }
  return last ? std::optional(std::move(last->checkpoint)) : std::nullopt;
}

bool RunFolder::is_of_this_graph(const Checkpoint& checkpoint) const {
  return graph_hash_in(options_.folder, checkpoint.graph_hash) == context_.program->graph_hash;
}

std::map<std::string, std::vector<double>> RunFolder::open(const Checkpoint* checkpoint) {
  std::map<std::string, std::vector<double>> recent;
  if (!is_kept()) return recent;
  std::int64_t length = 0;
  if (checkpoint) recent = cut_metrics(*checkpoint, length);
  else warn_of_lost_steps();
  // graph.yaml and the checkpoint must match, also after a kill. So the checkpoint of a changed graph, or with a hash of an earlier
  // version, is first rewritten as one of this graph.
  if (checkpoint && keeps_checkpoints() && checkpoint->graph_hash != context_.program->graph_hash) {
    Checkpoint changed = *checkpoint;
    changed.graph_hash = context_.program->graph_hash;
    changed.place.recent = recent;
    write_checkpoint(checkpoints() / "last", changed);
  }
  const ProgramSettings& settings = context_.program->settings;
  write_file(path_ / "begun.json", json_line({{"seed", settings.seed},
                                              {"device", context_.lane->name()},
                                              {"merge_passes", settings.merges_passes},
                                              {"ranks", settings.share.ranks}}) +
                                       "\n");
  write_file(path_ / "graph.yaml", context_.program->resolved);
  metrics_.emplace(path_ / "metrics.jsonl", length);
  recorded_.emplace(path_, context_.program->plan.record, messages_);
  recorded_->open(checkpoint ? checkpoint->place.steps : -1);
  open_log();
  if (checkpoint) log_->add_note(json_line({{"resumed", checkpoint->place.steps}}));
  context_.log = log_.get();
  usage_ = std::make_unique<UsageNotes>(context_, *log_);
  log_of_others_ = log_.get();
  sync_folder(path_);
  return recent;
}

void RunFolder::note_failure(const std::exception_ptr& failure) noexcept {
  if (!log_) return;
  try {
    try {
      std::rethrow_exception(failure);
    } catch (const NodeError& error) {
      log_->add_note(json_line(
          {{"failed", {{"node", error.node}, {"type", error.type}, {"where", error.where}, {"why", std::string(error.what())}}}}));
    } catch (...) {
      log_->add_note(json_line({{"failed", {{"why", words_of_current_exception()}}}}));
    }
  } catch (const std::exception&) {
    // Without memory for the note, the caller still learns of the failure itself.
  }
}

void RunFolder::note_control(const char* what, std::int64_t step) {
  if (record::EventLog* log = log_of_others_) log->add_note(json_line({{"control", what}, {"step", step}, {"ns", log->now()}}));
}

bool RunFolder::note_message(const std::string& sentence) {
  record::EventLog* log = log_of_others_;
  if (log) log->add_note(json_line({{"said", sentence}, {"at", unix_now()}}));
  return log != nullptr || !is_kept();
}

void RunFolder::note_stall(const std::string& sentence) {
  if (record::EventLog* log = log_of_others_) log->add_note(json_line({{"stalled", sentence}, {"at", unix_now()}}));
}

void RunFolder::note_end(const RunResult& result) {
  if (log_) log_->add_note(json_line({{result.was_interrupted ? "interrupted" : "finished", result.steps}}));
}

/// Opens the event log. A damaged log does not end the run: the unreadable part is moved aside, with a warning.
void RunFolder::open_log() {
  const fs::path file = path_ / "events.log";
  log_ = std::make_unique<record::EventLog>(
      file, json_line(header_of(*context_.program, context_.executor->threads(), context_.lane->is_async())), context_.ticks,
      [this](const std::string& why) { context_.fail(std::make_exception_ptr(std::runtime_error(why))); });
  if (log_->lost_bytes() == 0) return;
  const std::string aside = log_->aside().filename().string();
  messages_.warn(log_->is_other_file() ? file.string() + " is not an event log; it was renamed to " + aside + ", and a new log begins"
                                       : file.string() + " was damaged: its last " + std::to_string(log_->lost_bytes()) +
                                             " bytes could not be read, and were moved to " + aside);
}

/// Warns if the folder has metrics but no checkpoint, because the run starts again at its first step.
void RunFolder::warn_of_lost_steps() {
  std::ifstream in(path_ / "metrics.jsonl", std::ios::binary);
  std::int64_t last_step = 0;
  for (std::string line; std::getline(in, line);)
    if (const json entry = json::parse(line, nullptr, false); entry.is_object())
      if (const auto step = entry.find("step"); step != entry.end() && step->is_number_integer()) last_step = *step;
  if (last_step > 0)
    messages_.warn(checkpoints().string() + " has no checkpoint: the run starts again, and the metrics of its first " +
                   std::to_string(last_step) + " steps are overwritten");
}

/// Computes the length of metrics.jsonl up to which its lines are complete and known to the checkpoint, and warns of lost lines. Returns
/// the last values of the training's metrics.
std::map<std::string, std::vector<double>> RunFolder::cut_metrics(const Checkpoint& checkpoint, std::int64_t& length) {
  const auto vouched = checkpoint.files.find("metrics.jsonl");
  const std::int64_t wanted = vouched == checkpoint.files.end() ? 0 : vouched->second;
  const int train = context_.program->plan.train;
  const std::string train_phase = train < 0 ? "" : context_.program->phases[static_cast<std::size_t>(train)].name;
  std::map<std::string, std::vector<double>> recent;
  std::int64_t last_step = 0;
  std::ifstream in(path_ / "metrics.jsonl", std::ios::binary);
  for (std::string line; length < wanted && std::getline(in, line) && !in.eof();) {
    const json entry = json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("phase") || !entry.contains("metrics")) break;
    length += static_cast<std::int64_t>(line.size()) + 1;
    last_step = entry.value("step", last_step);
    if (entry.at("phase") != train_phase) continue;
    for (const auto& [name, value] : entry.at("metrics").items()) {
      auto& values = recent[name];
      values.push_back(number_or_nan(value));
      if (values.size() > PlanPlace::most_recent) values.erase(values.begin());
    }
  }
  if (length < wanted)
    messages_.warn("metrics.jsonl has " + std::to_string(length) + " of the " + std::to_string(wanted) +
                   " bytes that the checkpoint of step " + std::to_string(checkpoint.place.steps) + " knows of: the lines after step " +
                   std::to_string(last_step) + " are lost");
  // A checkpoint stores the recent values. For one of an earlier Leat, they are in the file only.
  return checkpoint.version > 1 ? checkpoint.place.recent : recent;
}

void RunFolder::post_metrics(const std::string& phase, std::int64_t step, const std::vector<std::pair<std::string, double>>& metrics,
                             bool is_line, std::optional<Progress> progress) {
  const bool is_written = is_kept() && (is_line || !metrics.empty());
  const bool is_heard = progress && context_.observers.hears(Hears::Steps);
  if (!is_written && !is_heard) return;
  recorder_.post([this, is_line, is_written, phase, step, metrics, progress = std::move(progress)] {
    if (is_written) {
      lock_->check_place();
      const std::string line = json_line(metrics_entry(phase, step, metrics));
      if (is_line) metrics_->write({line, "\n"});
      if (!metrics.empty()) log_->add_note(line + "\n");
    }
    if (progress) context_.observer_thread.tell(Hears::Steps, [progress = *progress](Observer& one) { one.step_retired(progress); });
  });
}

void RunFolder::post_recorded(const std::string& phase, std::int64_t trained, std::int64_t step, RecordedOutputs values) {
  recorder_.post_large(Recorder::Large::RecordedStep, [this, phase, trained, step, values = std::move(values)] {
    lock_->check_place();
    recorded_->write(phase, trained, step, values);
  });
}

void RunFolder::write(const char* name, Checkpoint& checkpoint) {
  recorder_.writing(std::string("checkpoints/") + name, checkpoint.place.steps, [&] {
    lock_->check_place();
    // Sync the lines first, because the checkpoint stores the file's length.
    metrics_->sync();
    checkpoint.files["metrics.jsonl"] = metrics_->length();
    try {
      write_checkpoint(checkpoints() / name, checkpoint);
    } catch (const std::exception&) {
      lock_->check_place();
      throw;
    }
    log_->add_note(json_line({{"checkpoint", name}, {"steps", checkpoint.place.steps}}));
  });
}

void RunFolder::post_last(Checkpoint checkpoint) {
  if (!keeps_checkpoints()) return;
  recorder_.post_newest(std::move(checkpoint), [this](Checkpoint& newest) {
    write("last", newest);
    if (newest.place.best_step >= 0) promote_best(checkpoints(), newest.place.best_step);
  });
}

void RunFolder::post_best(Checkpoint checkpoint) {
  if (!keeps_checkpoints()) return;
  recorder_.post_large(Recorder::Large::BestCheckpoint,
                       [this, best = std::make_shared<Checkpoint>(std::move(checkpoint))] { write("best.next", *best); });
}

void RunFolder::check_best(std::int64_t best_step) const {
  try {
    (void)run::read_best(checkpoints(), best_step);
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(error.what()) + ": the phases after the training need them (or `weights: last`)");
  }
}

Checkpoint RunFolder::read_best(std::int64_t best_step) {
  flush();
  return run::read_best(checkpoints(), best_step);
}

std::string RunFolder::kept_graph() const {
  std::ifstream in(path_ / "graph.yaml", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void RunFolder::flush() {
  recorder_.flush();
  if (context_.has_failed) std::rethrow_exception(context_.error());
  if (log_) log_->flush();
}

void RunFolder::flush_quietly() noexcept {
  recorder_.flush();
  try {
    if (log_) log_->flush();
  } catch (const std::exception&) {
    // The run has failed already; its first exception is reported.
  }
}

void RunFolder::write_results(const RunResult& result, const Records* records) {
  if (!is_kept()) return;
  lock_->check_place();
  write_file(path_ / "results.json", results_text(path_, *context_.program, context_.lane->name(), result, records, messages_));
  sync_folder(path_);
}

}  // namespace leat::run
