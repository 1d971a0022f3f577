#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
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
#include "run/recording.h"
#include "run/run_context.h"
#include "run/usage_notes.h"

namespace leat::run {

/// The files of a run. For a run without a folder, and for other ranks than the first, all functions do nothing. Member functions belong to
/// the run's thread, except those that the recorder calls. [one thread]
class RunFolder {
 public:
  RunFolder(RunContext& context, Messages& messages, const RunOptions& options);

  [[nodiscard]] bool is_kept() const { return !path_.empty(); }
  /// Returns true if the run of this checkpoint, which is in the folder, has this graph. Only before `open`.
  [[nodiscard]] bool is_of_this_graph(const Checkpoint& checkpoint) const;
  [[nodiscard]] bool keeps_checkpoints() const { return is_kept() && options_.keeps_checkpoints; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Returns the result of a finished run that is resumed, and changes nothing in its folder. Returns nullopt if the run is not finished or
  /// not resumed.
  [[nodiscard]] std::optional<RunResult> finished() const;
  /// Locks the folder for this run, and reads its last checkpoint. Throws std::runtime_error if the folder holds a run that is not to be
  /// resumed, or cannot be read or written.
  [[nodiscard]] std::optional<Checkpoint> claim();
  /// Creates the run's files, or truncates them to the lengths in the checkpoint. Returns the last values of the training's metrics.
  std::map<std::string, std::vector<double>> open(const Checkpoint* checkpoint);

  /// Writes {"phase": …, "step": …, "metrics": {…}} to the event log, and to metrics.jsonl if `is_line`. Then reports `progress` to
  /// observers.
  void post_metrics(const std::string& phase, std::int64_t step, const std::vector<std::pair<std::string, double>>& metrics, bool is_line,
                    std::optional<Progress> progress);
  /// Returns graph.yaml, the graph with which the run was begun or last resumed. Call it before `open`. Returns an empty string if it
  /// cannot be read.
  [[nodiscard]] std::string kept_graph() const;
  /// Writes values that `plan.record` names to recorded/.
  void post_recorded(const std::string& phase, std::int64_t trained, std::int64_t step, RecordedOutputs values);
  /// Warns if values were not recorded. After `flush`.
  void warn_of_unrecorded() const {
    if (recorded_) recorded_->warn_of_left_out();
  }
  void post_last(Checkpoint checkpoint);
  void post_best(Checkpoint checkpoint);
  /// Throws std::runtime_error if `read_best` would.
  void check_best(std::int64_t best_step) const;
  [[nodiscard]] Checkpoint read_best(std::int64_t best_step);
  /// Writes results.json. Facts of a resource that cannot be read are left out with a warning.
  void write_results(const RunResult& result, const Records* records);
  /// Writes why the run failed to the event log.
  void note_failure(const std::exception_ptr& failure) noexcept;
  /// Writes to the event log what somebody asked the run to do. [any thread]
  void note_control(const char* what, std::int64_t step);
  /// Writes a message for the user to the event log. Returns false if there is no log yet. [any thread]
  bool note_message(const std::string& sentence);
  /// Writes to the event log that nothing moves, or, with an empty sentence, that the run moves again. [any thread]
  void note_stall(const std::string& sentence);
  /// Writes to the event log that the run ended.
  void note_end(const RunResult& result);
  /// Returns when everything is written. Throws the exception of a failed write.
  void flush();
  /// Flushes for a run that has failed; throws nothing.
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
  std::unique_ptr<UsageNotes> usage_;
  std::atomic<record::EventLog*> log_of_others_{nullptr};  ///< The log, for threads that did not see `open`.
  std::optional<RecordedFolder> recorded_;                 ///< Once it is open, on the recorder's thread. [one thread]
  std::optional<DurableFile> metrics_;                     ///< Once it is open, on the recorder's thread. [one thread]
  Recorder recorder_;                                      ///< Last member, so that it is joined before the others are destroyed.
};

}  // namespace leat::run
