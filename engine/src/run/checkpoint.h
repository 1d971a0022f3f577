#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/checkpoint.h"
#include "leat/earlier_run.h"
#include "leat/run.h"

namespace leat::run {

/// The position in the plan: everything that a resumed run needs in addition to resources and states.
struct PlanPlace {
  std::int64_t steps = 0;         ///< Training steps done.
  bool is_trained = false;        ///< The training is finished; `then` follows.
  std::int64_t validated_at = 0;  ///< Steps done at the last validation; 0 if there was none.
  std::int64_t validations = 0;
  double best = 0;
  std::int64_t best_step = -1;
  /// Number of validations, if all of them had the same number for `keep`; -1: they differ, or an earlier version did not count them.
  std::int64_t tied = 0;
  Metrics kept;                 ///< Metrics of the validation at `best_step`.
  std::int64_t waited = 0;      ///< Number of validations since the best one.
  std::int64_t then_done = 0;   ///< Number of finished phases of `then`.
  std::int64_t then_steps = 0;  ///< Steps done of the next phase of `then`.
  /// Of these steps, by metric: the sum, and the number of steps that gave it.
  std::map<std::string, std::pair<double, std::int64_t>> then_sums;
  std::map<std::string, Metrics> phases;              ///< Metrics of finished phases.
  std::map<std::string, std::int64_t> weights_of;     ///< By phase that judged: training steps of the weights that it judged.
  std::map<std::string, std::vector<double>> recent;  ///< Last values of the training's metrics; their means are reported.
  double seconds = 0;
  std::int64_t peak_bytes = 0;  ///< Largest size of the values in flight.

  /// How many ranks computed the training: from which number of done steps on, and how many.
  std::vector<std::pair<std::int64_t, int>> ranks;

  static constexpr std::size_t most_recent = 50;
};

/// Records of files by name: of resources (`Resource::record`), and of the samples of the training. They are the same in all checkpoints of
/// a run, so each is hashed once. [any thread]
class Records {
 public:
  explicit Records(std::map<std::string, Archive> archives);
  [[nodiscard]] const std::map<std::string, Archive>& archives() const { return archives_; }
  [[nodiscard]] const std::map<std::string, std::string>& hashes() const { return hashes_; }  ///< As in a manifest, by name.
  /// Returns the record of this name; null if there is none.
  [[nodiscard]] const Archive* find(const std::string& name) const;

 private:
  std::map<std::string, Archive> archives_;
  std::map<std::string, std::string> hashes_;
};

/// The contents of checkpoints/last, checkpoints/best or checkpoints/best.next.
struct Checkpoint {
  std::string graph_hash;
  std::string device;
  std::uint64_t seed = 0;
  PlanPlace place;
  std::map<std::string, std::int64_t> files;  ///< Lengths of the files to which the run appends, by path in its folder.
  std::map<std::string, Archive> resources;
  std::map<std::string, std::string> types;  ///< Types, by resource; empty for earlier versions.
  Archive states;
  /// Shared by all checkpoints of a run. Null for best weights, and for versions of Leat that recorded no files.
  std::shared_ptr<const Records> records = nullptr;
  /// Plugins whose types the graph uses, `hello 0.1.0`; nullopt for earlier versions.
  std::optional<std::set<std::string>> plugins = {};
  bool merges_passes = false;  ///< `ProgramSettings::merges_passes`.
  int version = 3;
  std::set<std::string> saved = {};  ///< Names of `resources` in the manifest, also if the archives were not read.
};

[[nodiscard]] std::set<std::string> plugins_of(const Program& program);
/// Returns the facts that a Program needs about the run of a checkpoint.
[[nodiscard]] EarlierRun earlier_run_of(const Checkpoint& checkpoint);

/// Writes a new folder next to `folder`, in a folder that is there, syncs it, and exchanges the two. Records that are in `folder` already
/// become hard links to its files, if the file system has them; else they are written again. Invariant: once there is a checkpoint, a
/// complete one can be found at every moment.
void write_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);
/// Throws std::runtime_error if `write_checkpoint` could not write there. Deletes `folder`.new.
void try_to_write_checkpoint(const std::filesystem::path& folder);

struct FoundCheckpoint {
  std::filesystem::path folder;  ///< The folder, or one next to it.
  Checkpoint checkpoint;
};
/// Returns the newest complete checkpoint among `folder` and the folders that an interrupted write left next to it; nullopt if there is
/// none. Throws std::runtime_error if it cannot be read or is damaged.
[[nodiscard]] std::optional<FoundCheckpoint> find_checkpoint(const std::filesystem::path& folder);
[[nodiscard]] std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& folder);
/// Completes an interrupted write: moves the found checkpoint to `folder`, because the next write begins by deleting the folders next to
/// it.
void finish_write(const std::filesystem::path& found, const std::filesystem::path& folder);

// The best weights are saved in two steps. They are written to checkpoints/best.next. When a `last` that names their step is on disk, they
// become checkpoints/best. Invariant: the best weights that checkpoints/last names are on disk.
/// Renames checkpoints/best.next to checkpoints/best if it is of this step.
void promote_best(const std::filesystem::path& checkpoints, std::int64_t best_step);
/// Deletes checkpoints/best.next, which was written after the checkpoint from which the run continues.
void discard_next_best(const std::filesystem::path& checkpoints);
/// Returns the best weights of this step, from `best` or `best.next`. Throws std::runtime_error if they are missing.
[[nodiscard]] Checkpoint read_best(const std::filesystem::path& checkpoints, std::int64_t best_step);

}  // namespace leat::run
