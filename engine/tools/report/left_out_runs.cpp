#include "report/left_out_runs.h"

#include <algorithm>

#include "leat/folder_in_use.h"
#include "leat/log_end.h"
#include "leat/run.h"
#include "leat/run_status.h"
#include "report/seed_groups.h"

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
  const LogEnd end = end_in(folder / "events.log");
  LeftOutRun out;
  out.folder = folder;
  try {
    if (const auto begin = run_begin(folder)) out.seed = begin->seed;
  } catch (const std::exception&) {
    // The seed stays unknown.
  }
  const RunStatus status = status_of(is_working, end, false);
  out.state = name(status);
  if (status == RunStatus::Unfinished) out.state += " (its log does not say how it ended: it was killed, or it runs on another machine)";
  if (status == RunStatus::Failed) out.error = end.failure->why.empty() ? "the reason is not known" : end.failure->why;
  return out;
}

LeftOutRun left_out_copy(const fs::path& folder, std::optional<std::uint64_t> seed) {
  LeftOutRun out;
  out.folder = folder;
  out.seed = seed;
  out.state = same_seed_reason;
  out.has_results = true;
  return out;
}

std::vector<std::string> left_out_lines(const std::vector<LeftOutRun>& runs) {
  if (runs.empty()) return {};
  const auto copies = std::count_if(runs.begin(), runs.end(), [](const LeftOutRun& run) { return run.has_results; });
  const auto others = static_cast<std::ptrdiff_t>(runs.size()) - copies;
  const auto counted = [](std::ptrdiff_t count, const std::string& one, const std::string& many) {
    return count == 0 ? "" : std::to_string(count) + (count == 1 ? one : many);
  };
  const std::string without = counted(others, " run that has no results", " runs that have no results");
  const std::string same = counted(copies, " run whose seed another run has", " runs whose seeds other runs have");
  std::vector<std::string> out{"Left out: " + without + (without.empty() || same.empty() ? "" : ", and ") + same + "."};
  for (std::size_t k = 0; k < runs.size(); ++k)
    out.push_back("Run " + std::to_string(k + 1) + ", " + runs[k].folder.string() + ": " + runs[k].state +
                  (runs[k].error.empty() ? "" : ": " + runs[k].error));
  return out;
}

}  // namespace leat::report
