#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace leat::report {

/// A metric over the steps of the training. Where several values are one point: their mean, smallest and largest, and the last of their
/// steps. NaN: all of them are undefined.
struct LearningCurve {
  std::string phase;
  std::string metric;  ///< `node.metric`
  std::vector<std::int64_t> step;
  std::vector<double> mean, low, high;
  std::int64_t values = 0;  ///< Before values became one point.
};

/// Returns the metrics in metrics.jsonl as curves of at most `most` points each, in the order of the file. Lines that are cut or no JSON
/// are skipped. Metrics that are the same in every step are left out. Empty if there is no such file.
[[nodiscard]] std::vector<LearningCurve> read_learning_curves(const std::filesystem::path& run, std::size_t most);

}  // namespace leat::report
