#include "run/engine.h"

#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/working.h"

namespace leat {

using nlohmann::json;

namespace {

json header_of(const Program& program) {
  json phases = json::array();
  for (const ProgramPhase& phase : program.phases) {
    json nodes = json::array();
    for (const ProgramNode& node : phase.nodes)
      nodes.push_back({{"name", node.name},
                       {"type", node.type->id},
                       {"lane", node.lane == LaneKind::Device ? "device" : "cpu"},
                       {"grain", node.grain == Grain::Slot ? "slot" : "step"}});
    json edges = json::array();
    for (const Wire& wire : phase.wires)
      for (const Wire::Reader& reader : wire.readers)
        edges.push_back({wire.node, std::string(wire.port->name()), reader.node, reader.input});
    phases.push_back({{"name", phase.name}, {"kind", std::string(name(phase.kind))}, {"nodes", nodes}, {"edges", edges}});
  }
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return {{"version", 1}, {"begun", now}, {"graph_hash", program.graph_hash}, {"phases", phases}};
}

json typed(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  return parsed.is_number() || parsed.is_boolean() ? parsed : json(text);
}

json object_of(const Metrics& metrics) {
  json out = json::object();
  for (const auto& [name, value] : metrics) out[name] = std::isfinite(value) ? json(value) : json(nullptr);
  return out;
}

}  // namespace

Run::Run(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options)
    : engine_(std::make_unique<Engine>(program, std::move(lane), std::move(executor), std::move(options))) {}
Run::~Run() = default;
RunResult Run::run() { return engine_->run(); }
void Run::stop() { engine_->stop(); }

Run::Engine::Engine(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options)
    : program_(program),
      lane_(std::move(lane)),
      executor_(std::move(executor)),
      options_(std::move(options)),
      flows_(program.phases.size()) {
  shared_.program = &program_;
  shared_.lane = lane_.get();
  shared_.executor = executor_.get();
  shared_.tap = options_.tap;
  shared_.watch = options_.watch;
  shared_.warn = [this](const std::string& sentence) { warn(sentence); };
}

Run::Engine::~Engine() {
  executor_->wait();
  for (const int phase : used_phases())
    for (ProgramNode& node : program_.phases[static_cast<std::size_t>(phase)].nodes) node.node->close();
}

std::set<int> Run::Engine::used_phases() const {
  std::set<int> used(program_.plan.then.begin(), program_.plan.then.end());
  if (program_.plan.train >= 0) used.insert(program_.plan.train);
  if (program_.plan.validate >= 0) used.insert(program_.plan.validate);
  return used;
}

double Run::Engine::seconds() const { return earlier_seconds_ + static_cast<double>(record::now_ns() - start_ns_) * 1e-9; }

void Run::Engine::warn(const std::string& sentence) {
  const std::lock_guard guard(lock_);
  if (!warned_.insert(sentence).second) return;
  warnings_.push_back(sentence);
  if (options_.message) options_.message("warning: " + sentence);
}

void Run::Engine::stop() {
  is_stopping_ = true;
  const std::lock_guard guard(lock_);
  for (run::Flow* flow : flows_)
    if (flow) flow->cut_off();
}

void Run::Engine::enter(run::Flow& flow, int phase) {
  const std::lock_guard guard(lock_);
  flows_[static_cast<std::size_t>(phase)] = &flow;
  if (is_stopping_) flow.cut_off();
}

void Run::Engine::leave(int phase) {
  // Bodies may still be on their way out of the flow.
  executor_->wait();
  const std::lock_guard guard(lock_);
  flows_[static_cast<std::size_t>(phase)] = nullptr;
}

void Run::Engine::check_failed() {
  if (!shared_.has_failed) return;
  executor_->wait();
  recorder_->flush();
  std::rethrow_exception(shared_.error());
}

void Run::Engine::claim_folder() {
  if (options_.folder.empty()) return;
  folder_lock_.emplace(options_.folder);
  checkpoint_ = run::read_checkpoint(options_.folder / "checkpoints" / "last");
  if (options_.resumes || (!checkpoint_ && !std::filesystem::exists(options_.folder / "results.json"))) return;
  throw std::runtime_error(options_.folder.string() + " holds a run already: resume it with --resume, or name another folder");
}

void Run::Engine::open_records() {
  if (options_.folder.empty()) return;
  std::int64_t length = 0;
  if (checkpoint_) {
    resume(*checkpoint_);
    if (checkpoint_->files.contains("metrics.jsonl")) length = checkpoint_->files.at("metrics.jsonl");
    recall_metrics(length);
  }
  if (options_.keeps_checkpoints) std::filesystem::create_directories(options_.folder / "checkpoints");
  run::write_file(options_.folder / "graph.yaml", program_.resolved);
  metrics_file_.open(options_.folder / "metrics.jsonl", length);
  log_ = std::make_unique<record::EventLog>(options_.folder / "events.log", header_of(program_).dump());
  if (checkpoint_) log_->add_note("{\"resumed\": " + std::to_string(place_.steps) + "}");
  shared_.log = log_.get();
}

void Run::Engine::resume(const run::Checkpoint& checkpoint) {
  const bool is_changed = checkpoint.graph_hash != program_.graph_hash;
  if (is_changed && !options_.accepts_changed_graph)
    throw std::runtime_error("the checkpoint in " + options_.folder.string() +
                             " belongs to another graph: name this graph's file beside --resume, with --accept-changed-graph");
  if (is_changed && checkpoint.place.is_trained && checkpoint.place.then_done >= static_cast<std::int64_t>(program_.plan.then.size()))
    throw std::runtime_error("the run in " + options_.folder.string() +
                             " has ended: a changed graph cannot go on from its end, and begins a run of its own");
  const bool is_early = program_.plan.stop_after > 0 && checkpoint.place.waited >= program_.plan.stop_after;
  if (is_changed && checkpoint.place.is_trained && checkpoint.place.steps != program_.plan.steps && !is_early)
    throw std::runtime_error("the training in " + options_.folder.string() + " has ended at step " +
                             std::to_string(checkpoint.place.steps) + ", and this graph's has " + std::to_string(program_.plan.steps) +
                             " steps: a changed training begins a run of its own");
  if (checkpoint.device != lane_->name())
    throw std::runtime_error("this run was begun with --device " + checkpoint.device + ", and " + lane_->name() + " would give other bits");
  load_resources(checkpoint.resources);
  place_ = checkpoint.place;
  earlier_seconds_ = place_.seconds;
  checkpointed_ = place_.steps;
}

/// The last steps' metrics, which the report of a train phase is the mean of.
void Run::Engine::recall_metrics(std::int64_t length) {
  if (program_.plan.train < 0 || place_.is_trained) return;
  std::ifstream in(options_.folder / "metrics.jsonl");
  std::int64_t read = 0;
  for (std::string line; read < length && std::getline(in, line); read += static_cast<std::int64_t>(line.size()) + 1) {
    const json entry = json::parse(line);
    if (entry.at("phase") != program_.phases[static_cast<std::size_t>(program_.plan.train)].name) continue;
    for (const auto& [name, value] : entry.at("metrics").items()) {
      auto& values = recent_[name];
      values.push_back(value.is_null() ? NAN : value.get<double>());
      if (values.size() > recent_steps) values.pop_front();
    }
  }
}

void Run::Engine::open() {
  Opening opening;
  opening.seed = program_.settings.seed;
  opening.run_folder = options_.folder;
  opening.device = lane_->device();
  opening.warn = shared_.warn;
  for (ProgramResource& one : program_.resources) {
    opening.name = one.name;
    const WorkingOn working(one.name, one.type->id, one.type->plugin, one.place, "at its opening");
    try {
      one.resource->open(opening);
    } catch (const std::exception& failed) {
      throw NodeError(one.name, one.type->id, one.place, "its opening", failed.what());
    }
    if (const auto weights = options_.weights.find(one.name); weights != options_.weights.end()) one.resource->load(weights->second);
  }
  int stations = 0;
  for (const ProgramPhase& phase : program_.phases) {
    first_station_.push_back(stations);
    stations += static_cast<int>(phase.nodes.size());
  }
  for (const int phase : used_phases())
    for (ProgramNode& node : program_.phases[static_cast<std::size_t>(phase)].nodes) {
      opening.name = node.name;
      opening.phase = program_.phases[static_cast<std::size_t>(phase)].name;
      const WorkingOn working(node.name, node.type->id, node.type->plugin, node.place, "at its opening");
      try {
        node.node->open(opening);
      } catch (const std::exception& failed) {
        throw NodeError(node.name, node.type->id, node.place, "its opening", failed.what());
      }
    }
  executor_->start(stations, [this](int station) {
    std::size_t phase = 0;
    while (phase + 1 < first_station_.size() && first_station_[phase + 1] <= station) ++phase;
    flows_[phase]->run_station(station - first_station_[phase]);
  });
}

RunResult Run::Engine::run() {
  start_ns_ = record::now_ns();
  recorder_ = std::make_unique<run::Recorder>([this](std::exception_ptr error) {
    shared_.fail(std::move(error));
    const std::lock_guard guard(lock_);
    for (run::Flow* flow : flows_)
      if (flow) flow->wake();
  });
  claim_folder();
  open();
  open_records();
  if (program_.plan.train >= 0 && !place_.is_trained) train();
  if (!is_stopping_ && (options_.stop_after_steps == 0 || program_.plan.train < 0)) run_then();
  if (is_stopping_) result_.was_interrupted = true;
  recorder_->flush();
  check_failed();
  result_.steps = place_.steps;
  result_.seconds = seconds();
  result_.peak_bytes = shared_.peak_bytes;
  result_.phases = place_.phases;
  result_.warnings = warnings_;
  if (log_) log_->flush();
  if (!result_.was_interrupted) write_results();
  return result_;
}

void Run::Engine::write_results() {
  if (options_.folder.empty()) return;
  json parameters = json::object();
  for (const ParamText& param : program_.params) parameters[param.name] = typed(param.value);
  json phases = json::object();
  for (const auto& [phase, metrics] : result_.phases) phases[phase] = object_of(metrics);
  json resources = json::object();
  for (const ProgramResource& one : program_.resources)
    for (const auto& [name, count] : one.resource->facts()) resources[one.name][name] = count;
  const json results{{"version", 1},
                     {"title", program_.title},
                     {"graph_hash", program_.graph_hash},
                     {"seed", program_.settings.seed},
                     {"device", lane_->name()},
                     {"parameters", parameters},
                     {"resources", resources},
                     {"seconds", result_.seconds},
                     {"steps", result_.steps},
                     {"peak_bytes", result_.peak_bytes},
                     {"bound_bytes", program_.bound_bytes()},
                     {"phases", phases},
                     {"warnings", result_.warnings}};
  run::write_file(options_.folder / "results.json", results.dump(2) + "\n");
}

}  // namespace leat
