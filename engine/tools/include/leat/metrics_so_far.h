#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace leat {

/// Steps over whose newest values the metrics of a training are means, as in the results of a run.
constexpr std::int64_t mean_steps = 50;

/// What a run has measured so far, from the end of its metrics.jsonl.
struct MetricsSoFar {
  std::int64_t steps = 0;  ///< Steps done.
  /// By `phase.node.metric`; NaN: undefined. Those of the training are means over its newest steps, the others the newest values.
  std::map<std::string, double> metrics;
  std::map<std::string, std::int64_t> at;  ///< By phase: the step of its metrics.
};

/// Reads at most the last 256 KiB of the file. Empty if there is none, or if it cannot be read. `training` is the name of the train phase;
/// empty: there is none.
[[nodiscard]] MetricsSoFar metrics_so_far(const std::filesystem::path& run_folder, const std::string& training);

}  // namespace leat
