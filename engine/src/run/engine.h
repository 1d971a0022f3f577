#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <set>

#include "run/checkpoint.h"
#include "run/flow.h"
#include "run/recorder.h"

namespace leat {

/// Walks a Program's plan: training with its validations, then the phases that follow; keeps the run's folder.
class Run::Engine {
 public:
  Engine(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options);
  ~Engine();

  RunResult run();
  void stop();

 private:
  void open();
  void claim_folder();
  void open_records();
  void resume(const run::Checkpoint& checkpoint);
  void recall_metrics(std::int64_t length);
  void train();
  void validate();
  void run_then();
  /// A phase from its first step to its end; false: it was cut off.
  bool run_phase(int phase, std::int64_t occurrence, Metrics& metrics);
  void retired(const ProgramPhase& phase, run::RetiredStep step);
  void post_checkpoint(const std::string& folder, std::int64_t steps, std::map<std::string, Archive> resources, Archive states);
  void write_results();
  void keep_best(const Metrics& metrics);
  void use_best();
  void load_resources(const std::map<std::string, Archive>& saved);
  void check_failed();
  void warn(const std::string& sentence);
  void enter(run::Flow& flow, int phase);
  void leave(int phase);
  /// While it lives `stop` and the recorder know the flow; also when what runs in it throws.
  struct Entered {
    Entered(Engine& of, run::Flow& flow, int which) : engine(of), phase(which) { engine.enter(flow, phase); }
    ~Entered() { engine.leave(phase); }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;
    Engine& engine;
    int phase;
  };
  [[nodiscard]] double seconds() const;
  [[nodiscard]] std::set<int> used_phases() const;
  [[nodiscard]] std::map<std::string, Archive> saved_resources() const;

  /// Step metrics of a train phase are reported as their mean over so many last steps.
  static constexpr std::size_t recent_steps = 50;

  Program& program_;
  std::unique_ptr<Lane> lane_;
  std::unique_ptr<Executor> executor_;
  RunOptions options_;
  run::Shared shared_;
  std::optional<run::FolderLock> folder_lock_;
  std::unique_ptr<record::EventLog> log_;
  run::LineFile metrics_file_;
  std::unique_ptr<run::Recorder> recorder_;
  run::PlanPlace place_;
  std::optional<run::Checkpoint> checkpoint_;  ///< What this run goes on from.
  double earlier_seconds_ = 0;
  std::int64_t start_ns_ = 0;

  std::mutex lock_;                ///< Guards what follows.
  std::vector<run::Flow*> flows_;  ///< By phase: what runs.
  std::vector<int> first_station_;
  std::map<std::string, std::deque<double>> recent_;  ///< Last values of step metrics of the phase that runs, by name.
  std::set<std::string> warned_;
  std::vector<std::string> warnings_;
  std::int64_t checkpointed_ = -1;  ///< Steps done at the last checkpoint that was posted.
  std::atomic<bool> is_stopping_{false};
  RunResult result_;
};

}  // namespace leat
