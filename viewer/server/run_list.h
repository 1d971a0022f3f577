#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "leat/log_so_far.h"
#include "leat/metrics_so_far.h"
#include "leat/run_store.h"

namespace leat::viewer {

/// What unfinished runs have done and measured so far. Remembers it until a run's metrics.jsonl changes. [one thread]
class KnownMetrics {
 public:
  /// Adds `metrics`, `order`, `at`, `steps` and `seconds` to a row of the list. The run has no results.
  void add_to(nlohmann::json& row, const std::filesystem::path& run_folder);

 private:
  struct Known {
    explicit Known(const std::filesystem::path& run_folder) : log(run_folder / "events.log") {}

    LogSoFar log;
    std::pair<std::filesystem::file_time_type, std::uintmax_t> mark;
    MetricsSoFar found;
  };
  std::map<std::filesystem::path, Known> known_;
};

/// Reads runs for a list. Reads a run again when its files change. [one thread]
class KnownRuns {
 public:
  [[nodiscard]] StoredRun read(const std::filesystem::path& run_folder);

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
