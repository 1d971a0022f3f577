#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "leat/program.h"
#include "leat/recorded.h"
#include "run/capture.h"
#include "run/messages.h"

namespace leat::run {

/// The values of a recorded step. Without `failure`, empty `outputs` mean that no node put a value.
struct RecordedOutputs {
  std::vector<PreviewedOutput> outputs;
  std::string failure;  ///< Why the values could not be kept; empty: they were.
};

/// Collects the values that `plan.record` names, in the steps in which they are due. [any thread]
class RecordedValues {
 public:
  RecordedValues(const Program& program, Lane& lane);

  /// Returns true if the phase is recorded in this step. `end` is the end of its steps. Of a phase with several sources, the steps count up
  /// to the end of the first source that a recorded output depends on.
  [[nodiscard]] bool is_due(int phase, std::int64_t step, std::int64_t end) const {
    const auto index = static_cast<std::size_t>(phase);
    return outputs_[index] && plan_.is_recorded(phase, step, std::min(end, ends_[index]));
  }
  /// Keeps a value of a step that is due.
  void add(int phase, const PutValue& put) noexcept;
  /// Returns the values of a step that is over, and forgets them.
  [[nodiscard]] RecordedOutputs take(int phase, std::int64_t step);

 private:
  const ProgramPlan& plan_;
  std::vector<std::unique_ptr<StepOutputs>> outputs_;  ///< Indexed by phase; null if nothing of it is recorded.
  std::vector<std::int64_t> ends_;  ///< Indexed by phase: the end of the steps in which all recorded outputs have values.
  std::mutex lock_;
  std::string failure_;  ///< Of the step that is taken next.
};

/// The recordings in a run's folder. They keep within the plan's budget. A recording that cannot be written is left out, because nobody
/// wants a run to end for it. On the recorder's thread after `open`. [one thread]
class RecordedFolder {
 public:
  RecordedFolder(std::filesystem::path run_folder, const ProgramRecord& plan, Messages& messages)
      : run_folder_(std::move(run_folder)), plan_(plan), messages_(messages) {}

  /// Deletes the recordings of training steps that the run will do again: those after `trained`.
  void open(std::int64_t trained);
  void write(const std::string& phase, std::int64_t trained, std::int64_t step, const RecordedOutputs& values);
  /// Warns if something was left out. After the last write.
  void warn_of_left_out() const;

 private:
  const std::filesystem::path run_folder_;
  const ProgramRecord& plan_;
  Messages& messages_;
  std::int64_t bytes_ = 0;                         ///< Of the files in the folder.
  std::int64_t left_out_ = 0;                      ///< Steps whose values did not fit.
  std::int64_t failed_ = 0;                        ///< Steps whose values could not be written.
  std::string why_;                                ///< Why the first of them could not.
  std::map<std::string, std::int64_t> valueless_;  ///< Indexed by phase: recorded steps in which no node put a value.
  std::map<std::string, bool> has_value_;          ///< Indexed by output, as `phase.node.port`: a recording has a value of it.
};

}  // namespace leat::run
