#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/frame.h"
#include "leat/metric.h"

struct sqlite3;

namespace leat {

enum class RunStatus { Finished, Failed, Unfinished };
[[nodiscard]] const char* name(RunStatus status);

struct StoredMetric {
  std::string phase;
  PhaseKind kind = PhaseKind::Test;
  std::string name;   ///< `node.metric`
  double value = 0;   ///< Not a number: undefined.
  int headline = -1;  ///< Its place among the headlines; -1: none.
  Bounds bounds;
};

/// What is known of a run. An unfinished one has its parameters in no file, and a seed once it has written a checkpoint.
struct StoredRun {
  std::string folder;  ///< Below the store's.
  std::string title;
  std::string graph_hash;
  std::optional<std::uint64_t> seed;
  std::string device;
  RunStatus status = RunStatus::Unfinished;
  std::string error;  ///< Why it failed; of an unfinished one why its results, or its folder, cannot be read.
  std::int64_t steps = 0;
  double seconds = 0;
  std::int64_t modified = 0;  ///< When the files that tell all this were last written, in nanoseconds.
  std::vector<std::pair<std::string, std::string>> params;
  std::map<std::string, std::map<std::string, std::int64_t>> resources;  ///< Resource::facts() by resource.
  std::vector<StoredMetric> metrics;
};

/// An index of the runs below a folder, in its file runs.sqlite. But for the errors of failed runs it can be made anew from their folders
/// at any time. Several processes may use it, each with a store of its own.
class RunStore {
 public:
  /// Opens the index of a folder, or makes it. Throws Refusal where the file is none, or another version's; as all below do when it cannot
  /// be read or written.
  [[nodiscard]] static RunStore open(const std::filesystem::path& folder);
  /// As `open`. Where the index cannot be written, it is one in memory, with what the file has, and ends with this.
  [[nodiscard]] static RunStore view(const std::filesystem::path& folder);

  /// Reads what has changed. A run is a folder with a graph.yaml; one that is gone leaves the index.
  void update();
  /// Until something newer is written into the run's folder, which has to exist.
  void record_failure(const std::filesystem::path& run, std::uint64_t seed, const std::string& device, const std::string& error);
  /// By folder; numbers in their names by size.
  [[nodiscard]] std::vector<StoredRun> runs() const;
  /// Why the index cannot be written; empty where it can be.
  [[nodiscard]] const std::string& why_not_kept() const { return why_not_kept_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  RunStore() = default;

  void prepare(const std::filesystem::path& file);

  std::filesystem::path folder_;
  std::unique_ptr<sqlite3, Close> database_;
  std::string why_not_kept_;
};

}  // namespace leat
