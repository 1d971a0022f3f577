#include "leat/metrics_so_far.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/json.h"

namespace leat {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Part of the file that is read: some hundred lines.
constexpr std::uintmax_t read_bytes = std::uintmax_t{1} << 18;

/// Returns the complete lines at the end of a file, the newest first.
std::vector<std::string> last_lines(const fs::path& file) {
  std::error_code error;
  // Opening a pipe would wait for its writer.
  if (!fs::is_regular_file(file, error)) return {};
  const std::uintmax_t size = fs::file_size(file, error);
  if (error) return {};
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

MetricsSoFar metrics_so_far(const fs::path& run_folder, const std::string& training) {
  MetricsSoFar out;
  std::map<std::string, std::pair<double, std::int64_t>> sums;  // Of the training: the sum, and of how many values.
  std::int64_t lines = 0;
  for (const std::string& line : last_lines(run_folder / "metrics.jsonl")) {
    const json said = json::parse(line, nullptr, false);
    if (!said.is_object()) continue;
    const auto phase = said.find("phase"), step = said.find("step"), metrics = said.find("metrics");
    if (phase == said.end() || !phase->is_string() || step == said.end() || !step->is_number_integer()) continue;
    out.steps = std::max(out.steps, step->get<std::int64_t>());
    if (metrics == said.end() || !metrics->is_object() || metrics->empty()) continue;
    const std::string name = phase->get<std::string>();
    const bool is_newest = out.at.try_emplace(name, step->get<std::int64_t>()).second;
    if (name == training) {
      if (++lines > mean_steps) continue;
      for (const auto& [metric, value] : metrics->items()) {
        auto& [sum, count] = sums[name + "." + metric];
        sum += number_or_nan(value);
        ++count;
      }
    } else if (is_newest) {
      for (const auto& [metric, value] : metrics->items()) out.metrics[name + "." + metric] = number_or_nan(value);
    }
  }
  for (const auto& [name, sum] : sums) out.metrics[name] = sum.first / static_cast<double>(sum.second);
  return out;
}

}  // namespace leat
