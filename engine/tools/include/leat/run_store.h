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
#include "leat/run_status.h"

struct sqlite3;

namespace leat {

struct StoredMetric {
  std::string phase;
  PhaseKind kind = PhaseKind::Test;
  std::string name;   ///< `node.metric`
  double value = 0;   ///< NaN: undefined.
  int headline = -1;  ///< Its place among the headline metrics; -1: none.
  Bounds bounds;
};

/// The facts of a run. Those of an unfinished run are what it wrote when it began, and in its last checkpoint.
struct StoredRun {
  std::string folder;  ///< Path below the store's folder.
  std::string title;
  std::string graph_hash;
  std::optional<std::uint64_t> seed;
  std::string device;
  RunStatus status = RunStatus::Unfinished;
  /// Why the run failed; of another run without results, why its results or its folder cannot be read.
  std::string error;
  std::int64_t steps = 0;     ///< Steps done. The last checkpoint of an unfinished run can have fewer.
  double seconds = 0;         ///< Of an unfinished run, as its log says; while it works, as its last checkpoint says.
  std::int64_t modified = 0;  ///< When the files with these facts were last written, in nanoseconds.
  std::vector<std::pair<std::string, std::string>> params;
  std::map<std::string, std::map<std::string, std::int64_t>> resources;  ///< Resource::facts() by resource.
  std::vector<StoredMetric> metrics;
  std::string validation;  ///< Phase by whose metrics the plan's `keep` selected weights; empty: it selected none.
  /// The metrics of `validation` are those of the selected weights. False: they are those of its last occurrence, because the version of
  /// Leat that ran it did not record the others.
  bool has_kept = false;
};

/// Reads the facts of one run from its folder, without an index. `folder` is the folder's own name.
[[nodiscard]] StoredRun read_run(const std::filesystem::path& folder);
/// Gives a run its status while a process works on it: running or paused. Such a status is looked up each time, and not stored.
void take_work(StoredRun& run, const std::filesystem::path& folder);

/// An index of the runs below a folder, in its file runs.sqlite. It can be made again from the runs' folders at any time, except for the
/// errors of failed runs. Several processes can use it, each with its own RunStore.
class RunStore {
 public:
  /// Opens the index of a folder, or makes it. Throws Refusal if the file is not an index, or of another version. All functions below throw
  /// Refusal if the index cannot be read or written.
  [[nodiscard]] static RunStore open(const std::filesystem::path& folder);
  /// Opens the index like `open`. If it cannot be written, returns a copy in memory, which is lost with this object. If the disk turns out
  /// to be full in `update`, the store becomes such a copy.
  [[nodiscard]] static RunStore view(const std::filesystem::path& folder);

  /// Reads the runs that have changed. A run is a folder with a graph.yaml. Runs whose folder is gone are removed from the index.
  void update();
  /// Records why a run failed, until something newer is written into its folder. The folder must exist.
  void record_failure(const std::filesystem::path& run, std::uint64_t seed, const std::string& device, const std::string& error);
  /// Returns the runs in the order of their folders, and numbers in names by value. All is as `update` found it.
  [[nodiscard]] std::vector<StoredRun> runs() const;
  /// Returns why the index cannot be written, or an empty string. Known after `update`.
  [[nodiscard]] const std::string& why_not_kept() const { return why_not_kept_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  RunStore() = default;

  [[nodiscard]] static RunStore in_memory(const std::filesystem::path& folder, const std::string& why_not);
  void prepare(const std::filesystem::path& file);
  void read_changed();

  std::filesystem::path folder_;
  std::unique_ptr<sqlite3, Close> database_;
  std::map<std::string, bool> were_in_use_;  ///< By folder: a process held its lock, before `update` read its files.
  std::string why_not_kept_;
  bool can_leave_disk_ = false;
};

}  // namespace leat
