#include "leat/run_state.h"

#include "leat/shell_word.h"

namespace leat {

RunState state_of(bool is_in_use, const LogEnd& end, bool has_results) {
  // A finished run can be resumed by another process, with phases that are new.
  if (is_in_use) return end.is_paused ? RunState::Paused : RunState::Running;
  if (has_results) return RunState::Finished;
  if (end.failure) return RunState::Failed;
  return end.was_stopped ? RunState::Stopped : RunState::Lost;
}

std::string state_sentence(RunState state, const std::filesystem::path& run, const LogEnd& end) {
  const std::string resume = "`leat run --resume " + shell_word(run.string()) + "` continues it.";
  switch (state) {
    case RunState::Running:
      return "The run is in progress. This is what its log says so far.";
    case RunState::Paused:
      return "The run is paused. This is what its log says so far.";
    case RunState::Failed: {
      const std::string where = end.failure && !end.failure->node.empty() ? " in `" + end.failure->node + "`" : "";
      return "The run failed" + where + ": " + (end.failure && !end.failure->why.empty() ? end.failure->why : "the reason is not known");
    }
    case RunState::Stopped:
      return "The run was stopped by request. " + resume;
    case RunState::Lost:
      return "The run has not finished, no process of this machine works on it, and its log does not say how it ended: it was killed, or "
             "it "
             "runs on another machine. " +
             resume;
    case RunState::Finished:
      break;
  }
  return "";
}

}  // namespace leat
