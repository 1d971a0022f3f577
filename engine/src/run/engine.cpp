#include "run/engine.h"

#include <algorithm>
#include <functional>

#include "leat/file_contents.h"
#include "leat/thrown.h"
#include "leat/tries_files.h"
#include "program/earlier_weights.h"
#include "program/resources.h"
#include "program/trained_samples.h"
#include "run/agreement.h"
#include "run/capture.h"
#include "run/equal_calls.h"
#include "run/in_name_of.h"
#include "run/stall_watch.h"
#include "run/step_replay.h"

namespace leat {

namespace {

/// Returns the record of samples that the run trained on before the checkpoint; null if there is none.
const Archive* trained_before(const run::Checkpoint* checkpoint) {
  return checkpoint && checkpoint->records ? checkpoint->records->find(program::trained_samples_name) : nullptr;
}

std::vector<program::TrainedSample> trained_samples_before(const run::Checkpoint* checkpoint) {
  const Archive* before = trained_before(checkpoint);
  return before ? program::trained_samples_in(*before) : std::vector<program::TrainedSample>();
}

std::string duration_of(double seconds) { return std::to_string(static_cast<long long>(seconds + .5)) + " s"; }

void list_in_name_of(const ProgramNode& node, const std::function<void(const Sample&)>& take) {
  run::in_name_of(node, "the listing of its samples", [&] { program::list_samples(node, take); });
}

}  // namespace

Run::Engine::Engine(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options)
    : program_(program),
      lane_(std::move(lane)),
      executor_(std::move(executor)),
      options_(std::move(options)),
      messages_(context_.observer_thread),
      flows_(program),
      folder_(context_, messages_, options_) {
  context_.program = &program_;
  context_.lane = lane_.get();
  context_.folder = folder_.path();
  if (options_.ranks) context_.ranks = &ranks_.emplace(*options_.ranks);
  context_.cut_off = [this] {
    flows_.cut_off();
    context_.observer_thread.let_go();
  };
  check_share();
  context_.executor = executor_.get();
  context_.warn = [this](const std::string& sentence) { messages_.warn(sentence); };
  messages_.log_to([this](const std::string& sentence) { return folder_.note_message(sentence); });
  context_.drops = options_.drops;
  context_.repeats_next = options_.repeats_next;
  if (context_.drops || options_.kept || options_.replayed) context_.observers.look_at_calls();
  for (const auto& [observer, hears] : options_.observers) context_.observers.attach(*observer, hears);
  for (const std::string& sentence : program_.warnings) messages_.keep(sentence);
}

/// Throws std::invalid_argument if the Program is not the one of this rank.
void Run::Engine::check_share() const {
  const BatchShare& share = program_.settings.share;
  const int ranks = options_.ranks ? options_.ranks->size() : 1, rank = options_.ranks ? options_.ranks->rank() : 0;
  if (share.ranks != ranks || share.rank != rank)
    throw std::invalid_argument("the Program is that of rank " + std::to_string(share.rank) + " of " + std::to_string(share.ranks) +
                                ", but this process is rank " + std::to_string(rank) + " of " + std::to_string(ranks));
}

Run::Engine::~Engine() {
  if (options_.ranks) options_.ranks->when_asked_to_stop(nullptr);
  executor_->wait();
  (void)close();
  // The lane's thread reports the end of its segment through the context. Join it before the context is destroyed.
  lane_.reset();
}

std::set<int> Run::Engine::used_phases() const {
  // Rank 0 alone runs the other phases.
  if (is_other_rank()) return {program_.plan.train};
  std::set<int> used(program_.plan.then.begin(), program_.plan.then.end());
  if (program_.plan.train >= 0) used.insert(program_.plan.train);
  if (program_.plan.validate >= 0) used.insert(program_.plan.validate);
  return used;
}

EarlierRun Run::Engine::earlier(const run::Checkpoint* checkpoint) const {
  EarlierRun out = program_.settings.earlier;
  if (checkpoint && out.loaded.empty() && out.records.empty()) out = run::earlier_run_of(*checkpoint);
  for (const auto& [name, archive] : options_.weights) out.loaded.insert(name);
  return out;
}

std::shared_ptr<const run::Records> Run::Engine::records(const run::Checkpoint* checkpoint) const {
  std::set<int> used;
  for (const int phase : used_phases())
    for (const ProgramNode& node : program_.phases[static_cast<std::size_t>(phase)].nodes)
      for (const auto& [resource, access] : node.resources) used.insert(resource);
  std::map<std::string, Archive> out;
  // A data set records the files that the run trains on.
  const FilesReadOnce read_once;
  for (const int resource : used) {
    const ProgramResource& one = program_.resources[static_cast<std::size_t>(resource)];
    Archive archive;
    run::in_name_of(one, "the recording of its files", [&] { one.resource->record(archive); });
    if (!archive.entries().empty() || !archive.metadata.empty()) out.emplace(one.name, std::move(archive));
  }
  if (program_.plan.train >= 0) {
    std::vector<program::TrainedSample> before = trained_samples_before(checkpoint);
    std::vector<program::TrainedSample> trained = program::find_trained_samples(program_, used_phases(), before, list_in_name_of);
    // The weights keep what they have learned, whatever the run trains on from now on.
    program::add_before(trained, std::move(before));
    std::set<std::string> unknown;
    for (program::EarlierWeights& one : program::earlier_weights(program_)) {
      program::add_before(trained, std::move(one.samples));
      unknown.insert(one.unknown.begin(), one.unknown.end());
    }
    if (const Archive* earlier = trained_before(checkpoint))
      for (std::string& one : program::unknown_in(*earlier)) unknown.insert(std::move(one));
    Archive record = program::archive_of(trained);
    program::add_unknown(record, unknown);
    out.emplace(program::trained_samples_name, std::move(record));
  }
  return std::make_shared<const run::Records>(std::move(out));
}

void Run::Engine::check_trained(const run::Checkpoint* checkpoint) {
  if (!program_.settings.earlier.records.empty() || !trained_before(checkpoint)) return;
  program::refuse_trained_samples(program_, used_phases(), trained_samples_before(checkpoint), list_in_name_of);
}

void Run::Engine::warn_of_unknown_training(const run::Checkpoint& checkpoint) {
  if (!folder_.is_of_this_graph(checkpoint) && checkpoint.place.steps > 0 && !trained_before(&checkpoint))
    messages_.warn(
        "the checkpoint was made by a version of Leat that did not record the samples of the training: whether the changed graph evaluates "
        "on some of them cannot be detected");
}

void Run::Engine::warn_of_no_records(const run::Records& records) {
  std::string names;
  for (const auto& [name, archive] : records.archives())
    if (name != program::trained_samples_name) names += (names.empty() ? "`" : ", `") + name + "`";
  if (!names.empty())
    messages_.warn("the checkpoint was made by a version of Leat that recorded no files: changes in the files of " + names +
                   " cannot be detected");
}

void Run::Engine::open(const run::Checkpoint* checkpoint) {
  const EarlierRun known = earlier(checkpoint);
  const bool is_compared = !program_.settings.earlier.records.empty();
  Opening opening;
  opening.seed = program_.settings.seed;
  opening.run_folder = folder_.path();
  opening.device = lane_->device();
  opening.warn = context_.warn;
  opening.disclose = [this](const std::string& sentence) { messages_.disclose(sentence); };
  const auto begin_resource = [&](const ProgramResource& one) {
    opening.name = one.name;
    opening.is_loaded = false;
    opening.recorded = nullptr;
    program::add_earlier(opening, known, one);
  };
  // Everything is compared before anything opens, because resources and nodes can write when they open.
  for (ProgramResource& one : program_.resources) {
    begin_resource(one);
    if (opening.recorded && !is_compared)
      run::in_name_of(one, "the comparison with its checkpoint", [&] { one.resource->survey(opening); });
  }
  check_trained(checkpoint);
  for (ProgramResource& one : program_.resources) {
    begin_resource(one);
    run::in_name_of(one, "its opening", [&] { one.resource->open(opening); });
    if (const auto weights = options_.weights.find(one.name); weights != options_.weights.end())
      run::in_name_of(one, "the loading of its weights", [&] { one.resource->load(weights->second); });
  }
  opening.is_loaded = false;
  opening.recorded = nullptr;
  const auto open_node = [&](ProgramNode& node, const std::string& phase) {
    opening.name = node.name;
    opening.phase = phase;
    // Rank 0 runs the other phases alone.
    const bool is_trained = program_.plan.train >= 0 && program_.phases[static_cast<std::size_t>(program_.plan.train)].name == phase;
    opening.ranks = is_trained ? context_.ranks : nullptr;
    // Such a node sees the samples of its rank only, so each rank writes files of its own.
    if (is_other_rank() && node.lane == LaneKind::Cpu && node.node->states().empty()) opening.run_folder = options_.folder;
    else opening.run_folder = folder_.path();
    opened_.push_back(&node);
    run::in_name_of(node, "its opening", [&] { node.node->open(opening); });
  };
  for (Program::Opener& one : program_.openers) open_node(one.node, one.phase);
  for (const int phase : used_phases())
    for (ProgramNode& node : program_.phases[static_cast<std::size_t>(phase)].nodes)
      open_node(node, program_.phases[static_cast<std::size_t>(phase)].name);
  executor_->start(
      flows_.stations(), [this](int station) { flows_.run_station(station); },
      [this](std::exception_ptr error) { context_.fail(std::move(error)); });
}

void Run::Engine::stop() {
  if (folder_.is_kept()) folder_.note_control("stop", flows_.steps_done());
  context_.wants_stop = true;
  // Rank 0 can be in work that the others wait for, and ask nobody.
  if (is_other_rank()) context_.ranks->ask_to_stop();
  if (!context_.ranks || context_.alone == run::RunContext::Alone::Ends) return context_.cut_off();
  // All ranks hear of it when the next step begins, or from rank 0 instead of the validation's metrics.
  if (context_.alone == run::RunContext::Alone::Validates) flows_.cut_off_evaluations();
  go_on();
}

std::exception_ptr Run::Engine::close() noexcept {
  std::exception_ptr first;
  for (ProgramNode* node : std::exchange(opened_, {})) {
    try {
      run::in_name_of(*node, "its closing", [node] { node->node->close(); });
    } catch (const NodeError& error) {
      if (first) messages_.say(error.what());
      else first = std::current_exception();
    }
  }
  return first;
}

void Run::Engine::flush_observers() {
  context_.observer_thread.flush();
  if (context_.has_failed) std::rethrow_exception(context_.error());
}

void Run::Engine::check_files() {
  Diagnostics found;
  try_files(program_, found);
  found.throw_if_errors();
  for (const Diagnostic& one : found.all()) messages_.warn(one.text);
}

std::optional<run::Checkpoint> Run::Engine::claim() {
  std::optional<run::Checkpoint> own = folder_.claim();
  if (!context_.ranks) return own;
  // Rank 0 has made the folder now.
  (void)context_.ranks->gather("");
  run::compare_begin(*context_.ranks, program_, lane_->name(), options_.folder);
  if (!is_other_rank() || options_.folder.empty()) {
    (void)context_.ranks->gather("");
    return own;
  }
  std::optional<run::Checkpoint> last = run::read_checkpoint(options_.folder / "checkpoints" / "last");
  // Rank 0 writes the next one after this.
  (void)context_.ranks->gather("");
  return last;
}

/// Each rank of a machine keeps values of its own, and all together keep as many bytes as the plan says.
ProgramCache Run::Engine::own_part_of_cache() const {
  ProgramCache out = program_.plan.cache;
  if (!context_.ranks) return out;
  const auto ranks = static_cast<std::int64_t>(context_.ranks->processes_here().size()) + 1;
  out.memory_bytes /= ranks;
  out.file_bytes /= ranks;
  return out;
}

void Run::Engine::begin(run::PlanWalk& walk) {
  std::optional<run::Checkpoint> checkpoint = claim();
  open(checkpoint ? &*checkpoint : nullptr);
  if (options_.replayed) memory_ = std::make_unique<run::StepReplay>(program_, *lane_, *options_.replayed);
  else if (options_.kept) memory_ = std::make_unique<run::EqualCalls>(options_.kept->results(), program_, *lane_);
  context_.memory = memory_.get();
  if (!memory_ && program_.plan.cache.is_on())
    cache_ = std::make_unique<run::ValueCache>(own_part_of_cache(), options_.folder, context_.warn);
  context_.cache = cache_.get();
  if (folder_.keeps_checkpoints() || context_.ranks) walk.set_records(records(checkpoint ? &*checkpoint : nullptr));
  if (context_.ranks) run::compare_records(*context_.ranks, *walk.records());
  if (checkpoint) {
    walk.resume(*checkpoint);
    checkpoint->place = walk.place();
    if (!checkpoint->records && walk.records()) warn_of_no_records(*walk.records());
    warn_of_unknown_training(*checkpoint);
    checkpoint->records = walk.records();
  }
  walk.set_recent(folder_.open(checkpoint ? &*checkpoint : nullptr));
}

RunResult Run::Engine::run() {
  if (has_begun_.exchange(true)) throw std::logic_error("`Run::run` is called a second time; make a new Run for each run");
  if (options_.ranks && program_.plan.train < 0)
    throw Refusal("ranks share a training, but the plan has none: run it with one process, or `leat predict --shard`");
  std::optional<RunResult> result_before = folder_.finished();
  if (options_.ranks && options_.ranks->from_first(result_before ? "finished" : "") == "finished" && !result_before)
    result_before.emplace();
  if (auto& result = result_before) {
    messages_.say("the run in " + folder_.path().string() + " is finished; nothing is left to do");
    flush_observers();
    return *std::move(result);
  }
  if (!options_.only_step) check_files();
  for (const std::string& sentence : program_.disclosures) messages_.disclose(sentence);
  run::PlanWalk walk(context_, flows_, folder_, messages_, options_);
  if (options_.ranks && !is_other_rank()) options_.ranks->when_asked_to_stop([this] { stop(); });
  try {
    begin(walk);
    const run::StallWatch watch(program_, {[this] { return now(); },
                                           [this](const std::string& sentence) {
                                             folder_.note_stall(sentence);
                                             messages_.say(sentence);
                                           },
                                           [this](double seconds) {
                                             folder_.note_stall("");
                                             messages_.say("the run moves again after " + duration_of(seconds));
                                           }});
    walk.walk();
  } catch (...) {
    // Write everything that was posted before the failure. The caller gets the first exception.
    executor_->wait();
    context_.wait_for_lane();
    folder_.note_failure(std::current_exception());
    folder_.flush_quietly();
    if (const std::exception_ptr of_closing = close()) try {
        std::rethrow_exception(of_closing);
      } catch (const std::exception& error) {
        messages_.say(error.what());
      }
    context_.observer_thread.flush();
    throw;
  }
  RunResult result;
  result.was_interrupted = flows_.is_cut_off() && !walk.is_through();
  result.steps = walk.place().steps;
  result.seconds = walk.seconds();
  result.peak_bytes = walk.peak_bytes();
  result.ranks = walk.place().ranks.back().second;
  result.phases = walk.place().phases;
  result.weights_of = walk.place().weights_of;
  if (cache_) {
    result.cache = cache_->use();
    result.cache->since_step = walk.first_step();
  }
  if (!program_.plan.keep.empty() && program_.plan.validate >= 0 && walk.place().best_step >= 0)
    result.kept =
        RunResult::Kept{program_.phases[static_cast<std::size_t>(program_.plan.validate)].name, walk.place().best_step, walk.place().kept};
  const std::exception_ptr of_closing = close();
  if (of_closing) try {
      std::rethrow_exception(of_closing);
    } catch (const std::exception& error) {
      messages_.keep(error.what());
    }
  result.warnings = messages_.warnings();
  result.disclosures = messages_.disclosures();
  if (!result.was_interrupted) folder_.write_results(result, walk.records().get());
  folder_.note_end(result);
  flush_observers();
  if (of_closing) std::rethrow_exception(of_closing);
  return result;
}

void Run::Engine::checkpoint() {
  if (!folder_.keeps_checkpoints()) throw Refusal("this run keeps no checkpoints");
  const std::optional<std::int64_t> step = flows_.ask_checkpoint();
  if (!step) throw Refusal("no training is in progress, and checkpoints are taken between training steps");
  folder_.note_control("checkpoint", *step);
  messages_.say("a checkpoint was asked for at step " + std::to_string(*step) +
                (context_.is_paused ? "; it is written when the run goes on" : ""));
}

void Run::Engine::pause() {
  if (context_.is_paused.exchange(true)) return;
  folder_.note_control("pause", flows_.steps_done());
  messages_.say("paused; steps in flight are finished");
}

void Run::Engine::go_on() {
  if (!context_.is_paused.exchange(false)) return;
  ++context_.pauses;
  folder_.note_control("go on", flows_.steps_done());
  messages_.say("the run goes on");
  context_.bell.ring();
}

Run::Engine::Output Run::Engine::find_output(std::string_view phase_name, std::string_view node_name, std::string_view port) const {
  for (std::size_t p = 0; p < program_.phases.size(); ++p) {
    const ProgramPhase& phase = program_.phases[p];
    if (phase.name != phase_name) continue;
    const int node = phase.find(node_name);
    if (node < 0) break;
    for (const int wire : phase.nodes[static_cast<std::size_t>(node)].wires)
      if (phase.wires[static_cast<std::size_t>(wire)].port->name() == port) return {static_cast<int>(p), wire};
    break;
  }
  throw Refusal("the graph has no output `" + std::string(node_name) + "." + std::string(port) + "` in a phase `" +
                std::string(phase_name) + "`");
}

std::uint64_t Run::Engine::ask(std::string_view phase, std::string_view node, std::string_view port,
                               std::function<void(const PutValue&)> take) {
  const Output output = find_output(phase, node, port);
  return context_.observers.ask(output.phase, output.wire, std::move(take));
}

std::optional<CapturedStep> Run::Engine::capture(std::string_view phase, const std::vector<OutputName>& outputs, int slots,
                                                 std::chrono::milliseconds most, std::stop_token stop) {
  for (const OutputName& one : outputs) (void)find_output(phase, one.node, one.port);
  const auto found = std::find_if(program_.phases.begin(), program_.phases.end(), [&](const auto& one) { return one.name == phase; });
  if (found == program_.phases.end()) throw Refusal("the graph has no phase `" + std::string(phase) + "`");
  const auto in_flight = [&] {
    RunNow now;
    flows_.add_to(now);
    for (const RunNow::Phase& one : now.phases)
      if (one.name == phase) return std::pair(one.steps_done, one.steps_admitted);
    return std::pair(std::int64_t{0}, std::int64_t{0});
  };
  const auto [done, admitted] = in_flight();
  run::Capture capture(*found, outputs, slots, *lane_);
  const run::Attached attached(context_.observers, capture, run::Capture::hears);
  // Steps that were in flight before have perhaps put some of their values already, and so have those that were admitted meanwhile.
  const auto [later_done, later_admitted] = in_flight();
  capture.begin({{done, admitted}, {std::min(done, later_done), later_admitted}});
  return capture.wait(most, std::move(stop));
}

RunNow Run::Engine::now() const {
  RunNow out;
  flows_.add_to(out);
  const double seconds_per_tick = context_.ticks.ns_per_tick() * 1e-9;
  const std::int64_t now = context_.ticks.now();
  for (const run::RunningNow::Snapshot& one : context_.threads.running()) {
    const ProgramPhase& phase = program_.phases[static_cast<std::size_t>(one.phase)];
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(one.node)];
    out.calls.push_back({phase.name, node.name, one.step, one.place < 0 ? -1 : phase.share.slot_of(one.place),
                         std::max(0.0, static_cast<double>(now - one.since) * seconds_per_tick), node.segment >= 0});
  }
  // Workers add their changes late, so the sum can be negative for a moment.
  out.bytes = std::max<std::int64_t>(0, context_.bytes);
  out.files_waiting = folder_.recorder().waiting();
  const run::Recorder::Now writing = folder_.recorder().now();
  out.writing = writing.path;
  out.writing_seconds = writing.seconds;
  out.is_paused = context_.is_paused;
  return out;
}

}  // namespace leat
