#include "report/report_groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "leat/thrown.h"
#include "report/finished_run.h"

namespace leat::report {

namespace {

namespace fs = std::filesystem;

/// Returns a folder, or the folders of finished runs below it by name. Throws Refusal if there are none.
std::vector<fs::path> runs_in(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / "results.json", error) || fs::exists(folder / "graph.yaml", error) || !fs::is_directory(folder, error))
    return {folder};
  std::vector<fs::path> out;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end; !error && at != end;
       at.increment(error))
    if (at->path().filename() == "results.json") out.push_back(at->path().parent_path());
  if (error) throw Refusal("cannot read " + folder.string() + ": " + error.message());
  if (out.empty()) throw Refusal(folder.string() + " has no finished run");
  std::sort(out.begin(), out.end());
  return out;
}

struct Group {
  std::vector<fs::path> folders;
  std::set<std::uint64_t> seeds;
  bool has_equal_seeds = false;
};

}  // namespace

std::vector<std::vector<fs::path>> report_groups(std::span<const fs::path> folders) {
  std::vector<std::string> order;
  std::map<std::string, Group> groups;
  std::set<fs::path> seen;
  for (const fs::path& folder : folders)
    for (const fs::path& run : runs_in(folder)) {
      if (!seen.insert(fs::weakly_canonical(run)).second) continue;
      const FinishedRun read = read_figures(run);
      const auto [found, is_new] = groups.try_emplace(read.graph_hash);
      if (is_new) order.push_back(read.graph_hash);
      found->second.folders.push_back(run);
      found->second.has_equal_seeds = !found->second.seeds.insert(read.facts.seed).second || found->second.has_equal_seeds;
    }
  std::vector<std::vector<fs::path>> out;
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
  return out;
}

}  // namespace leat::report
