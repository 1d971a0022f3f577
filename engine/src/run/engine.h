#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "leat/run.h"
#include "run/call_memory.h"
#include "run/messages.h"
#include "run/plan_walk.h"
#include "run/run_context.h"
#include "run/run_folder.h"
#include "run/running_flows.h"
#include "run/value_cache.h"

namespace leat {

/// Implementation of Run: opens resources and nodes, walks the plan, closes the nodes and writes the results. Member functions without a
/// tag belong to the run's thread. [one thread]
class Run::Engine {
 public:
  Engine(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options);
  ~Engine();

  RunResult run();
  void stop();                                                              ///< [any thread]
  void checkpoint();                                                        ///< [any thread]
  void pause();                                                             ///< [any thread]
  void go_on();                                                             ///< [any thread]
  [[nodiscard]] run::Observers& observers() { return context_.observers; }  ///< [any thread]
  std::uint64_t ask(std::string_view phase, std::string_view node, std::string_view port, std::function<void(const PutValue&)> take);
  [[nodiscard]] std::optional<CapturedStep> capture(std::string_view phase, const std::vector<OutputName>& outputs, int slots,
                                                    std::chrono::milliseconds most, std::stop_token stop);
  [[nodiscard]] RunNow now() const;  ///< [any thread]

 private:
  struct Output {
    int phase;
    int wire;
  };
  /// Throws Refusal if there is no such output.
  [[nodiscard]] Output find_output(std::string_view phase, std::string_view node, std::string_view port) const;
  void check_share() const;
  /// Returns true if this is not the first of several ranks.
  [[nodiscard]] bool is_other_rank() const { return options_.ranks && options_.ranks->rank() > 0; }
  /// Returns the run's last checkpoint. Rank 0 locks the folder; then the others read it there.
  [[nodiscard]] std::optional<run::Checkpoint> claim();
  [[nodiscard]] ProgramCache own_part_of_cache() const;
  void check_files();  ///< Throws GraphError if a source cannot use its files.
  /// Locks the folder, opens resources and nodes, and loads the checkpoint.
  void begin(run::PlanWalk& walk);
  void open(const run::Checkpoint* checkpoint);
  /// Returns the facts about the earlier run: those with which the Program was built, otherwise those in the checkpoint.
  [[nodiscard]] EarlierRun earlier(const run::Checkpoint* checkpoint) const;
  /// Returns the records of files of all resources that the plan uses, and of the samples that the run trains on or has trained on.
  [[nodiscard]] std::shared_ptr<const run::Records> records(const run::Checkpoint* checkpoint) const;
  /// Throws Refusal if the run evaluates on samples that it trained on before the checkpoint. Does nothing if the Program was built with
  /// the facts about the earlier run, because it has compared them.
  void check_trained(const run::Checkpoint* checkpoint);
  void warn_of_unknown_training(const run::Checkpoint& checkpoint);
  void warn_of_no_records(const run::Records& records);
  /// Closes all opened nodes. Returns the first exception; the others are reported as messages.
  std::exception_ptr close() noexcept;
  void flush_observers();  ///< Throws the exception of an observer.
  [[nodiscard]] std::set<int> used_phases() const;

  Program& program_;
  std::unique_ptr<Lane> lane_;
  std::unique_ptr<Executor> executor_;
  const RunOptions options_;
  std::optional<run::TimedRanks> ranks_;  ///< Nullopt if one process computes the run.
  run::RunContext context_;
  run::Messages messages_;
  run::RunningFlows flows_;
  run::RunFolder folder_;
  std::unique_ptr<run::CallMemory> memory_;
  std::unique_ptr<run::ValueCache> cache_;
  std::vector<ProgramNode*> opened_;
  std::atomic<bool> has_begun_{false};
};

}  // namespace leat
