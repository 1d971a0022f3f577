#include "report/left_out_runs.h"

#include <algorithm>

#include "leat/folder_in_use.h"
#include "leat/log_end.h"
#include "leat/run.h"
#include "leat/run_state.h"
#include "record/event_log.h"

namespace leat::report {

namespace fs = std::filesystem;

bool is_begun_run(const fs::path& folder) {
  std::error_code hidden;
  // A project of a plugin has a graph.yaml too.
  return fs::exists(folder / "graph.yaml", hidden) &&
         (fs::exists(folder / "begun.json", hidden) || fs::exists(folder / "events.log", hidden) ||
          fs::exists(folder / "metrics.jsonl", hidden));
}

LeftOutRun read_left_out(const fs::path& folder) {
  // The lock is looked at before the log is read.
  const bool is_working = is_in_use(folder);
  LogEnd end;
  for (const std::string& note : record::last_notes(folder / "events.log")) end.note(note);
  LeftOutRun out{folder, {}, "", ""};
  try {
    if (const auto begin = run_begin(folder)) out.seed = begin->seed;
  } catch (const std::exception&) {
    // The seed stays unknown.
  }
  switch (state_of(is_working, end, false)) {
    case RunState::Running:
    case RunState::Paused:
      out.state = "in progress";
      break;
    case RunState::Failed:
      out.state = "failed";
      out.error = end.failure->why;
      break;
    case RunState::Stopped:
      out.state = "stopped by request";
      break;
    case RunState::Lost:
    case RunState::Finished:
      out.state = "not finished; its log does not say how it ended: it was killed, or it runs on another machine";
  }
  return out;
}

std::vector<std::string> left_out_lines(const std::vector<LeftOutRun>& runs) {
  if (runs.empty()) return {};
  std::vector<std::string> out{"Left out: " + std::to_string(runs.size()) + (runs.size() == 1 ? " run that has" : " runs that have") +
                               " no results."};
  for (std::size_t k = 0; k < runs.size(); ++k)
    out.push_back("Run " + std::to_string(k + 1) + ", " + runs[k].folder.string() + ": " + runs[k].state +
                  (runs[k].error.empty() ? "" : ": " + runs[k].error));
  return out;
}

}  // namespace leat::report
