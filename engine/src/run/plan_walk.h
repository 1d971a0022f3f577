#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "leat/run.h"
#include "run/checkpoint.h"
#include "run/flow.h"
#include "run/messages.h"
#include "run/run_context.h"
#include "run/run_folder.h"
#include "run/running_flows.h"
#include "run/step_sums.h"

namespace leat::run {

/// Walks a Program's plan: training with its validations, then the phases after it. On the run's thread. [one thread]
class PlanWalk {
 public:
  PlanWalk(RunContext& context, RunningFlows& flows, RunFolder& folder, Messages& messages, const RunOptions& options);

  /// Continues from a checkpoint. Throws std::runtime_error if that is impossible: another graph, seed or device, or the best weights that
  /// the plan needs are missing.
  void resume(const Checkpoint& checkpoint);
  void set_recent(std::map<std::string, std::vector<double>> recent) { recent_ = std::move(recent); }
  /// Sets the records of files for every checkpoint in checkpoints/last.
  void set_records(std::shared_ptr<const Records> records) { records_ = std::move(records); }
  [[nodiscard]] const std::shared_ptr<const Records>& records() const { return records_; }
  /// Runs the rest of the plan, or until the flows are cut off.
  void walk();
  [[nodiscard]] const PlanPlace& place() const { return place_; }
  [[nodiscard]] std::int64_t first_step() const { return first_step_; }  ///< Training steps that were done before a resume.
  [[nodiscard]] bool is_through() const;                                 ///< Returns true if the plan is finished.
  [[nodiscard]] double seconds() const;                                  ///< Duration, including earlier parts of the run.
  [[nodiscard]] std::int64_t peak_bytes() const;                         ///< Includes earlier parts of the run.

 private:
  void train();
  [[nodiscard]] bool is_validation_due(std::int64_t steps) const;
  [[nodiscard]] std::int64_t next_stop(std::int64_t steps) const;
  void validate();
  void keep_best(const Metrics& metrics);
  /// Warns if all validations had the same number for `keep`.
  void warn_of_ties() const;
  void run_then();
  [[nodiscard]] std::optional<Metrics> run_validation();
  /// Runs the validation on rank 0, and returns its metrics on all ranks.
  [[nodiscard]] std::optional<Metrics> validation_of_ranks();
  /// Rank 0 alone runs phases while an object of this class lives.
  class Alone;
  [[nodiscard]] bool is_first_rank() const { return !context_.ranks || context_.ranks->rank() == 0; }
  /// Runs the next phase of `then` to its end, from the step at which the checkpoint stopped. `last` are the resources after the training.
  [[nodiscard]] std::optional<Metrics> run_next(const std::map<std::string, Archive>& last);
  /// Runs a phase to its end, and returns its metrics; nullopt if it was cut off. `sums` has those of its steps so far. `cut_off`, if it is
  /// not null, gets the number of steps and the states if the phase was cut off.
  [[nodiscard]] std::optional<Metrics> run_phase(int phase, FlowOptions options, StepSums& sums,
                                                 const std::function<void(std::int64_t, Archive)>& cut_off);
  void post(const ProgramPhase& phase, RetiredStep& step);
  /// Returns true if there are best weights that phases after the training can use.
  [[nodiscard]] bool has_choice(const PlanPlace& place) const;
  /// Returns true if a remaining phase uses the best weights.
  [[nodiscard]] bool wants_best(const PlanPlace& place) const;
  [[nodiscard]] Checkpoint checkpoint(std::int64_t steps, std::map<std::string, Archive> resources, Archive states) const;
  [[nodiscard]] std::map<std::string, Archive> saved_resources() const;
  /// Loads the saved resources except those in `but`.
  void load_resources(const std::map<std::string, Archive>& saved, const std::set<std::string, std::less<>>& but = {});
  void check_failed();
  void note_ranks();

  RunContext& context_;
  RunningFlows& flows_;
  RunFolder& folder_;
  Messages& messages_;
  const RunOptions& options_;
  const Program& program_;
  const ProgramPlan& plan_;
  std::shared_ptr<const Records> records_;
  std::optional<RecordedValues> recorded_;  ///< Nullopt if nothing is recorded.
  PlanPlace place_;
  std::map<std::string, std::vector<double>> recent_;  ///< As PlanPlace::recent.
  std::optional<Archive> states_;                      ///< States of the training from the checkpoint, until it starts.
  std::int64_t checkpointed_ = -1;                     ///< Steps done at the last posted checkpoint.
  std::int64_t first_step_ = 0;
  double earlier_seconds_ = 0;
  std::int64_t start_ns_;
};

}  // namespace leat::run
