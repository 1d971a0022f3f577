#include "report/left_out_runs.h"

#include <algorithm>

#include "leat/folder_in_use.h"
#include "leat/run_store.h"

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
  const bool is_working = is_in_use(folder);
  const StoredRun run = read_run(folder);
  if (is_working) return {folder, run.seed, "in progress", ""};
  if (run.status == RunStatus::Failed) return {folder, run.seed, "failed", run.error};
  if (!run.error.empty()) return {folder, run.seed, run.error, ""};
  return {folder, run.seed, "not finished; its log does not say how it ended: it was killed, or it runs on another machine", ""};
}

std::vector<std::string> left_out_lines(const std::vector<LeftOutRun>& runs) {
  if (runs.empty()) return {};
  std::vector<std::string> out{"Left out: " + std::to_string(runs.size()) + (runs.size() == 1 ? " run that has" : " runs that have") +
                               " no results."};
  for (const LeftOutRun& run : runs) out.push_back(run.folder.string() + ": " + run.state + (run.error.empty() ? "" : ": " + run.error));
  return out;
}

}  // namespace leat::report
