#include "report/report_groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "leat/thrown.h"
#include "report/finished_run.h"
#include "report/name_order.h"

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

struct Group {
  std::vector<fs::path> folders;
  std::set<std::uint64_t> seeds;
  bool has_equal_seeds = false;
};

}  // namespace

ReportGroups report_groups(std::span<const fs::path> folders) {
  ReportGroups found_groups;
  std::vector<std::string> order;
  std::map<std::string, Group> groups;
  std::set<fs::path> seen;
  for (const fs::path& folder : folders)
    for (const fs::path& run : runs_in(folder, found_groups.left_out)) {
      if (!seen.insert(fs::weakly_canonical(run)).second) continue;
      const FinishedRun read = read_figures(run);
      const auto [found, is_new] = groups.try_emplace(read.graph_hash);
      if (is_new) order.push_back(read.graph_hash);
      found->second.folders.push_back(run);
      found->second.has_equal_seeds = !found->second.seeds.insert(read.facts.seed).second || found->second.has_equal_seeds;
    }
  std::vector<std::vector<fs::path>>& out = found_groups.groups;
  for (const std::string& graph : order) {
    const Group& group = groups.at(graph);
    if (!group.has_equal_seeds) {
      out.push_back(group.folders);
      continue;
    }
    std::vector<fs::path> parents;
    for (const fs::path& run : group.folders) {
      const fs::path parent = fs::weakly_canonical(run).parent_path();
      const auto found = std::find(parents.begin(), parents.end(), parent);
      if (found == parents.end()) {
        parents.push_back(parent);
        out.push_back({run});
      } else {
        out[out.size() - parents.size() + static_cast<std::size_t>(found - parents.begin())].push_back(run);
      }
    }
  }
  return found_groups;
}

}  // namespace leat::report
