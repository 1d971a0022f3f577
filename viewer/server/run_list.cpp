#include "server/run_list.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

#include "server/packed.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Part of the file that is read: some hundred lines.
constexpr std::uintmax_t read_bytes = std::uintmax_t{1} << 16;
constexpr std::int64_t rows_of_part = 50;

/// Returns the complete lines at the end of a file, the newest first.
std::vector<std::string> last_lines(const fs::path& file, std::uintmax_t size) {
  std::ifstream in(file, std::ios::binary);
  const std::uintmax_t begin = size > read_bytes ? size - read_bytes : 0;
  in.seekg(static_cast<std::streamoff>(begin));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line) && !in.eof();) lines.push_back(std::move(line));
  // The first one is cut.
  if (begin > 0 && !lines.empty()) lines.erase(lines.begin());
  std::reverse(lines.begin(), lines.end());
  return lines;
}

}  // namespace

void MetricsSoFar::add_to(json& row, const fs::path& run_folder) {
  const fs::path file = run_folder / "metrics.jsonl";
  std::error_code none;
  // Opening a pipe would wait for its writer.
  if (!fs::is_regular_file(file, none)) return;
  const std::pair mark(fs::last_write_time(file, none), fs::file_size(file, none));
  if (none) return;
  Known& known = known_[run_folder];
  if (known.mark != mark) {
    known = {mark, {}, {}, 0};
    std::set<std::string> phases;
    for (const std::string& line : last_lines(file, mark.second)) {
      const json said = json::parse(line, nullptr, false);
      if (!said.is_object()) continue;
      const auto phase = said.find("phase"), step = said.find("step"), metrics = said.find("metrics");
      if (phase == said.end() || !phase->is_string() || step == said.end() || !step->is_number_integer()) continue;
      known.steps = std::max(known.steps, step->get<std::int64_t>());
      if (metrics == said.end() || !metrics->is_object() || metrics->empty() || !phases.insert(*phase).second) continue;
      known.at[phase->get<std::string>()] = step->get<std::int64_t>();
      for (const auto& [name, value] : metrics->items())
        known.metrics[phase->get<std::string>() + "." + name] = value.is_number() ? value : json();
    }
  }
  row["steps"] = std::max(row.value("steps", std::int64_t{0}), known.steps);
  row["at"] = known.at;
  for (const auto& [name, value] : known.metrics) {
    row["metrics"][name] = value;
    row["order"].push_back({{"name", name}, {"is_headline", false}});
  }
}

const StoredRun& KnownRuns::read(const fs::path& run_folder, bool is_running) {
  // The log of a run that works grows all the time, and says only afterwards how it ended.
  std::vector<fs::path> files{"graph.yaml", "results.json", "checkpoints/last"};
  if (!is_running) files.emplace_back("events.log");
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
  return known.run;
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
