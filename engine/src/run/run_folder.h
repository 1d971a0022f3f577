#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/durable_file.h"
#include "leat/run.h"
#include "record/event_log.h"
#include "run/checkpoint.h"
#include "run/folder_lock.h"
#include "run/messages.h"
#include "run/recorder.h"
#include "run/run_context.h"

namespace leat::run {

/// What a run keeps on disk; a run without a folder keeps nothing, and all of this does nothing. Member functions are [one thread], the
/// run's, but for the recorder's.
class RunFolder {
 public:
  RunFolder(RunContext& context, Messages& messages, const RunOptions& options);

  [[nodiscard]] bool is_kept() const { return !path_.empty(); }
  [[nodiscard]] bool keeps_checkpoints() const { return is_kept() && options_.keeps_checkpoints; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// The result of a finished run that is resumed: nothing of its folder changes. Returns nullopt if it is not finished, or not resumed.
  [[nodiscard]] std::optional<RunResult> finished() const;
  /// Takes the folder, which no other run may use meanwhile, and reads its last checkpoint. Throws std::runtime_error if it holds a run
  /// that is not to be resumed, or cannot be read or written.
  [[nodiscard]] std::optional<Checkpoint> claim();
  /// Begins the run's files, or cuts them to what the checkpoint vouches for. Returns the last values of the training's metrics.
  std::map<std::string, std::vector<double>> open(const Checkpoint* checkpoint);

  /// {"phase": …, "step": …, "metrics": {…}}, into metrics.jsonl where `is_line`, and into the event log. Observers hear of `progress`
  /// afterwards.
  void post_metrics(const std::string& phase, std::int64_t step, const std::vector<std::pair<std::string, double>>& metrics, bool is_line,
                    std::optional<Progress> progress);
  /// The graph that the run was begun with, or resumed with last, before `open`; empty if it cannot be read.
  [[nodiscard]] std::string kept_graph() const;
  void post_last(Checkpoint checkpoint);
  void post_best(Checkpoint checkpoint);
  /// Throws std::runtime_error where `read_best` would.
  void check_best(std::int64_t best_step) const;
  [[nodiscard]] Checkpoint read_best(std::int64_t best_step);
  /// A part that cannot be had (a resource's facts) is left out with a warning.
  void write_results(const RunResult& result, const PlanPlace& place);
  /// Returns when all is written; throws what failed meanwhile.
  void flush();
  /// The same for a run that has failed: throws nothing.
  void flush_quietly() noexcept;
  [[nodiscard]] const Recorder& recorder() const { return recorder_; }

 private:
  [[nodiscard]] std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  void write(const char* name, Checkpoint& checkpoint);
  void open_log();
  void warn_of_lost_steps();
  std::map<std::string, std::vector<double>> cut_metrics(const Checkpoint& checkpoint, std::int64_t& length);

  RunContext& context_;
  Messages& messages_;
  const RunOptions& options_;
  const std::filesystem::path path_;
  std::optional<FolderLock> lock_;
  std::unique_ptr<record::EventLog> log_;
  std::optional<DurableFile> metrics_;  ///< [one thread] The recorder's, once it is open.
  Recorder recorder_;                   ///< Last: it ends before what it writes.
};

}  // namespace leat::run
