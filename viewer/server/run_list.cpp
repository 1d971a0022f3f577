#include "server/run_list.h"

#include <cmath>
#include <system_error>

#include "leat/folder_in_use.h"
#include "server/packed.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::int64_t rows_of_part = 50;

}  // namespace

void KnownMetrics::add_to(json& row, const fs::path& run_folder) {
  Known& known = known_.try_emplace(run_folder, run_folder).first->second;
  if (const double seconds = known.log.read(); seconds > 0) row["seconds"] = seconds;
  const fs::path file = run_folder / "metrics.jsonl";
  std::error_code none;
  if (!fs::is_regular_file(file, none)) return;
  const std::pair mark(fs::last_write_time(file, none), fs::file_size(file, none));
  if (none) return;
  if (known.mark != mark) {
    known.mark = mark;
    known.found = metrics_so_far(run_folder, known.log.training());
  }
  const MetricsSoFar& found = known.found;
  // A resumed run goes back to its checkpoint.
  if (found.steps > 0) row["steps"] = found.steps;
  row["at"] = found.at;
  for (const auto& [name, value] : found.metrics) {
    row["metrics"][name] = std::isfinite(value) ? json(value) : json();
    row["order"].push_back({{"name", name}, {"is_headline", false}, {"is_mean", name.starts_with(known.log.training() + ".")}});
  }
}

StoredRun KnownRuns::read(const fs::path& run_folder) {
  const bool is_working = is_in_use(run_folder);
  // The log of a run that works grows all the time, and says only afterwards how it ended.
  std::vector<fs::path> files{"graph.yaml", "results.json", "checkpoints/last"};
  if (!is_working) files.emplace_back("events.log");
  std::vector<std::pair<fs::file_time_type, std::uintmax_t>> marks;
  for (const fs::path& file : files) {
    std::error_code none;
    const auto time = fs::last_write_time(run_folder / file, none);
    const bool is_file = fs::is_regular_file(run_folder / file, none);
    marks.emplace_back(time, is_file ? fs::file_size(run_folder / file, none) : 0);
  }
  const auto [found, is_new] = known_.try_emplace(run_folder);
  Known& known = found->second;
  if (is_new || known.marks != marks) known = {std::move(marks), read_run(run_folder)};
  StoredRun run = known.run;
  if (is_working) take_work(run, run_folder);
  return run;
}

std::map<std::string, std::string> parts_of_list(const json& rows) {
  std::map<std::int64_t, json> parts;
  for (const json& row : rows) {
    json& part = parts[row.at("row").get<std::int64_t>() / rows_of_part];
    if (part.is_null()) part = json::array();
    part.push_back(row);
  }
  std::map<std::string, std::string> out;
  for (const auto& [number, part] : parts) out["runs." + std::to_string(number)] = dumped(part);
  return out;
}

}  // namespace leat::viewer
