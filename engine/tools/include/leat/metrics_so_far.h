#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace leat {

/// What a run has measured so far, from the end of its metrics.jsonl.
struct MetricsSoFar {
  std::int64_t steps = 0;                  ///< Steps done.
  std::map<std::string, double> metrics;   ///< The newest values, by `phase.node.metric`; NaN: undefined.
  std::map<std::string, std::int64_t> at;  ///< By phase: the step of its metrics.
};

/// Reads at most the last 64 KiB of the file. Empty if there is none, or if it cannot be read.
[[nodiscard]] MetricsSoFar metrics_so_far(const std::filesystem::path& run_folder);

}  // namespace leat
