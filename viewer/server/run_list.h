#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "leat/run_store.h"

namespace leat::viewer {

/// What an unfinished run has measured so far, from the end of its metrics.jsonl. Remembers it until the file changes. [one thread]
class MetricsSoFar {
 public:
  /// Adds `metrics`, `order`, `at` and `steps` to a row of the list. The run has no results.
  void add_to(nlohmann::json& row, const std::filesystem::path& run_folder);

 private:
  struct Known {
    std::pair<std::filesystem::file_time_type, std::uintmax_t> mark;
    std::map<std::string, nlohmann::json> metrics;  ///< By `phase.node.metric`; null: undefined.
    std::map<std::string, std::int64_t> at;         ///< By phase: the step of its metrics.
    std::int64_t steps = 0;
  };
  std::map<std::filesystem::path, Known> known_;
};

/// Reads runs for a list. Reads a run again when its files change. [one thread]
class KnownRuns {
 public:
  [[nodiscard]] const StoredRun& read(const std::filesystem::path& run_folder, bool is_running);

 private:
  struct Known {
    std::vector<std::pair<std::filesystem::file_time_type, std::uintmax_t>> marks;
    StoredRun run;
  };
  std::map<std::filesystem::path, Known> known_;
};

/// Splits the rows by their numbers into parts that are sent when they change: text by topic, `runs.K`.
[[nodiscard]] std::map<std::string, std::string> parts_of_list(const nlohmann::json& rows);

}  // namespace leat::viewer
