#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "leat/program.h"
#include "leat/recorded.h"
#include "run/capture.h"
#include "run/messages.h"

namespace leat::run {

/// Collects the values that `plan.record` names, in the steps in which they are due. [any thread]
class RecordedValues {
 public:
  RecordedValues(const Program& program, Lane& lane);

  /// Returns true if the phase is recorded in this step. `end` is the end of its steps.
  [[nodiscard]] bool is_due(int phase, std::int64_t step, std::int64_t end) const {
    return outputs_[static_cast<std::size_t>(phase)] && plan_.is_recorded(phase, step, end);
  }
  /// Keeps a value of a step that is due.
  void add(int phase, const PutValue& put) noexcept;
  /// Returns the values of a step that is over, and forgets them. Empty if they could not be kept.
  [[nodiscard]] std::vector<PreviewedOutput> take(int phase, std::int64_t step);

 private:
  const ProgramPlan& plan_;
  std::vector<std::unique_ptr<StepOutputs>> outputs_;  ///< Indexed by phase; null if nothing of it is recorded.
  std::atomic<bool> has_failed_{false};
};

/// The recordings in a run's folder. They keep within the plan's budget. A recording that cannot be written is left out, because nobody
/// wants a run to end for it. On the recorder's thread after `open`. [one thread]
class RecordedFolder {
 public:
  RecordedFolder(std::filesystem::path run_folder, const ProgramRecord& plan, Messages& messages)
      : run_folder_(std::move(run_folder)), plan_(plan), messages_(messages) {}

  /// Deletes the recordings of training steps that the run will do again: those after `trained`.
  void open(std::int64_t trained);
  void write(const std::string& phase, std::int64_t trained, std::int64_t step, const std::vector<PreviewedOutput>& values);
  /// Warns if something was left out. After the last write.
  void warn_of_left_out() const;

 private:
  const std::filesystem::path run_folder_;
  const ProgramRecord& plan_;
  Messages& messages_;
  std::int64_t bytes_ = 0;     ///< Of the files in the folder.
  std::int64_t left_out_ = 0;  ///< Steps whose values did not fit.
  std::int64_t failed_ = 0;    ///< Steps whose values could not be written.
  std::string why_;            ///< Why the first of them could not.
};

}  // namespace leat::run
