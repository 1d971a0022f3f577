#include "runs/run_lines.h"

#include <algorithm>
#include <filesystem>

#include "report/seed_groups.h"

namespace leat {

namespace {

std::string parent_of(const StoredRun& run) { return std::filesystem::path(run.folder).parent_path().generic_string(); }

/// Returns the folders of some runs, as words.
std::string folders_of(const RunList& group) {
  constexpr std::size_t most = 4;
  std::string out;
  for (std::size_t k = 0; k < std::min(group.size(), most); ++k) out += (k == 0 ? "" : ", ") + group[k]->folder;
  return out + (group.size() > most ? " and " + std::to_string(group.size() - most) + " more" : "");
}

/// Returns words that mean these runs and no other of the table: the folder that contains them, the common beginning of their folders'
/// names, their title, or their folders.
std::string label_of(const RunList& group, const RunList& all) {
  const auto is_only_theirs = [&](const auto& has) {
    return std::all_of(group.begin(), group.end(), has) &&
           std::count_if(all.begin(), all.end(), has) == static_cast<std::ptrdiff_t>(group.size());
  };
  const std::string parent = parent_of(*group[0]);
  if (!parent.empty() && is_only_theirs([&](const StoredRun* run) { return parent_of(*run) == parent; })) return parent;
  if (group.size() == 1) return group[0]->folder;
  std::string begin = group[0]->folder;
  for (const StoredRun* run : group) {
    const auto end = std::mismatch(begin.begin(), begin.end(), run->folder.begin(), run->folder.end()).first;
    begin.erase(end, begin.end());
  }
  if (!begin.empty() && is_only_theirs([&](const StoredRun* run) { return run->folder.starts_with(begin); })) return begin + "*";
  const std::string& title = group[0]->title;
  if (!title.empty() && is_only_theirs([&](const StoredRun* run) { return run->title == title; })) return title;
  return folders_of(group);
}

}  // namespace

std::vector<RunLine> single_lines(const RunList& runs) {
  std::vector<RunLine> out;
  for (const StoredRun* run : runs) out.push_back({run->folder, {run}});
  return out;
}

std::vector<RunLine> mean_lines(const RunList& runs, RunList& left_out) {
  RunList finished;
  std::vector<report::SeededRun> seeded;
  for (const StoredRun* run : runs) {
    if (run->status != RunStatus::Finished) continue;
    finished.push_back(run);
    // A line has the metrics of one device: its time is one of its columns.
    seeded.push_back({run->graph_hash + "\n" + run->device, run->device, parent_of(*run), run->seed, run->modified});
  }
  const report::SeedGroups found = report::seed_groups(seeded);
  for (const auto& [copy, counted] : found.left_out) left_out.push_back(finished[copy]);
  RunList counted;
  std::vector<RunList> groups;
  for (const std::vector<std::size_t>& group : found.groups) {
    RunList& made = groups.emplace_back();
    for (const std::size_t k : group) made.push_back(finished[k]);
    counted.insert(counted.end(), made.begin(), made.end());
  }
  std::vector<RunLine> out;
  for (const RunList& group : groups) out.push_back({label_of(group, counted), group});
  return out;
}

}  // namespace leat
