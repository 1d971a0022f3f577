#include "run/step_metrics.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/utf8.h"
#include "run/in_name_of.h"

namespace leat::run {

std::vector<std::pair<std::string, double>> step_metrics(const ProgramPhase& phase, std::int64_t step, std::vector<MetricEntry> entries,
                                                         const std::function<void(const std::function<void()>&)>& read) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const MetricEntry& a, const MetricEntry& b) { return std::tie(a.node, a.slot) < std::tie(b.node, b.slot); });
  std::vector<std::pair<std::string, double>> metrics;
  // Indexed by name: its index in `metrics`, and the number of values summed there.
  std::map<std::string, std::pair<std::size_t, int>> known;
  for (MetricEntry& entry : entries) {
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(entry.node)];
    if (entry.later)
      in_name_of(node, "step " + std::to_string(step) + " of `" + phase.name + "`", [&] { read([&] { entry.number = entry.later(); }); });
    const std::string name = node.name + "." + utf8_text(entry.name);
    const auto [at, is_new] = known.try_emplace(name, metrics.size(), 0);
    if (is_new) metrics.emplace_back(name, 0.0);
    metrics[at->second.first].second += entry.number;
    ++at->second.second;
  }
  for (const auto& [name, entry] : known) metrics[entry.first].second /= entry.second;
  return metrics;
}

}  // namespace leat::run
