#include "leat/run_status.h"

#include "leat/shell_word.h"

namespace leat {

const char* name(RunStatus status) {
  switch (status) {
    case RunStatus::Running:
      return "running";
    case RunStatus::Paused:
      return "paused";
    case RunStatus::Finished:
      return "finished";
    case RunStatus::Failed:
      return "failed";
    case RunStatus::Stopped:
      return "stopped";
    case RunStatus::Unfinished:
      break;
  }
  return "unfinished";
}

RunStatus status_of(bool is_in_use, const LogEnd& end, bool has_results) {
  // A finished run can be resumed by another process, with phases that are new.
  if (is_in_use) return end.is_paused ? RunStatus::Paused : RunStatus::Running;
  if (has_results) return RunStatus::Finished;
  if (end.failure) return RunStatus::Failed;
  return end.was_stopped ? RunStatus::Stopped : RunStatus::Unfinished;
}

std::string status_sentence(RunStatus status, const std::filesystem::path& run, const LogEnd& end) {
  const std::string resume = "`leat run --resume " + shell_word(run.string()) + "` continues it.";
  switch (status) {
    case RunStatus::Running:
      return "The run is in progress. This is what its log says so far.";
    case RunStatus::Paused:
      return "The run is paused. This is what its log says so far.";
    case RunStatus::Failed: {
      const std::string where = end.failure && !end.failure->node.empty() ? " in `" + end.failure->node + "`" : "";
      return "The run failed" + where + ": " + (end.failure && !end.failure->why.empty() ? end.failure->why : "the reason is not known");
    }
    case RunStatus::Stopped:
      return "The run was stopped by request. " + resume;
    case RunStatus::Unfinished:
      return "The run is unfinished. No process of this machine works on it, and its log does not say how it ended: it was killed, or it "
             "runs on another machine. " +
             resume;
    case RunStatus::Finished:
      break;
  }
  return "";
}

}  // namespace leat
