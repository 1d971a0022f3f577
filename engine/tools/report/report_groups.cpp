#include "report/report_groups.h"

#include <algorithm>
#include <set>
#include <string>

#include "leat/thrown.h"
#include "report/finished_run.h"
#include "report/name_order.h"
#include "report/seed_groups.h"

namespace leat::report {

namespace {

namespace fs = std::filesystem;

/// Returns a folder, or the folders of finished runs below it by name, and appends the others. Throws Refusal if there are none.
std::vector<fs::path> runs_in(const fs::path& folder, std::vector<LeftOutRun>& left_out) {
  std::error_code error;
  if (fs::exists(folder / "results.json", error) || fs::exists(folder / "graph.yaml", error) || !fs::is_directory(folder, error))
    return {folder};
  const auto in_order = [](const fs::path& a, const fs::path& b) { return comes_before(a.string(), b.string()); };
  std::vector<fs::path> out, others;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code hidden;
    if (at->path().filename() == "results.json") {
      out.push_back(at->path().parent_path());
    } else if (at->is_directory(hidden) && !fs::exists(at->path() / "results.json", hidden) && is_begun_run(at->path())) {
      others.push_back(at->path());
      at.disable_recursion_pending();
    }
  }
  if (error) throw Refusal("cannot read " + folder.string() + ": " + error.message());
  std::sort(out.begin(), out.end(), in_order);
  std::sort(others.begin(), others.end(), in_order);
  std::vector<LeftOutRun> unfinished;
  for (const fs::path& one : others) unfinished.push_back(read_left_out(one));
  if (out.empty()) {
    std::string words = folder.string() + " has no finished run";
    for (const std::string& line : left_out_lines(unfinished)) words += "\n  " + line;
    throw Refusal(words);
  }
  left_out.insert(left_out.end(), unfinished.begin(), unfinished.end());
  return out;
}

}  // namespace

ReportGroups report_groups(std::span<const fs::path> folders) {
  ReportGroups out;
  std::vector<fs::path> found;
  std::vector<SeededRun> runs;
  std::set<fs::path> seen;
  // A run that is named and is also below a named folder counts as named.
  for (const fs::path& folder : folders) {
    const std::vector<fs::path> below = runs_in(folder, out.left_out);
    const bool is_named = below.size() == 1 && below.front() == folder;
    for (const fs::path& run : below) {
      const fs::path place = fs::weakly_canonical(run);
      if (!seen.insert(place).second) {
        for (std::size_t k = 0; k < found.size(); ++k)
          if (is_named && fs::weakly_canonical(found[k]) == place) runs[k].is_named = true;
        continue;
      }
      const FinishedRun read = read_figures(run);
      found.push_back(run);
      runs.push_back({read.graph_hash, read.facts.device, place.parent_path(), read.facts.seed,
                      fs::last_write_time(run / "results.json").time_since_epoch().count(), is_named});
    }
  }
  const SeedGroups grouped = seed_groups(runs);
  for (const std::vector<std::size_t>& group : grouped.groups) {
    std::vector<fs::path>& made = out.groups.emplace_back();
    for (const std::size_t k : group) made.push_back(found[k]);
  }
  for (const auto& [copy, counted] : grouped.left_out) out.left_out.push_back(left_out_copy(found[copy], runs[copy].seed));
  return out;
}

}  // namespace leat::report
