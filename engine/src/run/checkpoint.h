#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/checkpoint.h"
#include "leat/earlier_run.h"
#include "leat/run.h"

namespace leat::run {

/// Where the plan is: all that a resumed run needs beside resources and states.
struct PlanPlace {
  std::int64_t steps = 0;         ///< Training steps done.
  bool is_trained = false;        ///< Training is through; `then` follows.
  std::int64_t validated_at = 0;  ///< Steps done at the last validation; 0: none yet.
  std::int64_t validations = 0;
  double best = 0;
  std::int64_t best_step = -1;
  Metrics kept;                                       ///< What the validation at `best_step` measured.
  std::int64_t waited = 0;                            ///< Validations since the best one.
  std::int64_t then_done = 0;                         ///< Phases of `then` that are through.
  std::map<std::string, Metrics> phases;              ///< What finished phases measured.
  std::map<std::string, std::int64_t> weights_of;     ///< By phase that judged: the training steps of the weights that it judged.
  std::map<std::string, std::vector<double>> recent;  ///< The last values of the training's metrics, of which its report is the mean.
  double seconds = 0;
  std::int64_t peak_bytes = 0;  ///< The most that values in flight took.

  static constexpr std::size_t most_recent = 50;
};

/// What checkpoints/last, checkpoints/best and checkpoints/best.next hold.
struct Checkpoint {
  std::string graph_hash;
  std::string device;
  std::uint64_t seed = 0;
  PlanPlace place;
  std::map<std::string, std::int64_t> files;  ///< Lengths of what the run appends to, below its folder.
  std::map<std::string, Archive> resources;
  std::map<std::string, std::string> types;  ///< By resource; of earlier versions unknown.
  Archive states;
  /// By resource what its `record` said; all checkpoints of a run share it. Null: of a Leat that recorded nothing, or best weights.
  std::shared_ptr<const std::map<std::string, Archive>> records = nullptr;
  /// The plugins whose types the graph uses, `hello 0.1.0`; of earlier versions unknown.
  std::optional<std::set<std::string>> plugins = {};
  int version = 3;
  std::set<std::string> saved = {};  ///< The names of `resources` as read from the manifest, also where these were not read.
};

[[nodiscard]] std::set<std::string> plugins_of(const Program& program);
/// What a Program learns of the run that made a checkpoint.
[[nodiscard]] EarlierRun earlier_run_of(const Checkpoint& checkpoint);

/// Writes the folder beside, syncs it, and exchanges it with `folder`. At every moment one whole checkpoint can be found.
void write_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);
/// Throws std::runtime_error if `write_checkpoint` could not write there. What lies beside `folder` is removed.
void try_to_write_checkpoint(const std::filesystem::path& folder);

struct FoundCheckpoint {
  std::filesystem::path folder;  ///< Where it lies: the folder, or one beside it.
  Checkpoint checkpoint;
};
/// The newest whole one of `folder` and what an interrupted write left beside it. Returns nullopt if there is none. Throws
/// std::runtime_error if the folder or what is in it cannot be read, or is not what was written.
[[nodiscard]] std::optional<FoundCheckpoint> find_checkpoint(const std::filesystem::path& folder);
[[nodiscard]] std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& folder);
/// Ends an interrupted write: the checkpoint that was found becomes `folder` itself, for the next write begins by removing what lies
/// beside it.
void finish_write(const std::filesystem::path& found, const std::filesystem::path& folder);

// The best weights are kept in two steps, so that those that checkpoints/last knows of are there until a newer `last` knows of others: they
// are written to checkpoints/best.next, and become checkpoints/best when a `last` that names their step lasts.
/// Makes checkpoints/best.next checkpoints/best if it is of this step.
void promote_best(const std::filesystem::path& checkpoints, std::int64_t best_step);
/// Deletes checkpoints/best.next: a timeline that was given up wrote it.
void discard_next_best(const std::filesystem::path& checkpoints);
/// The best weights of this step, from `best` or `best.next`. Throws std::runtime_error if they are not there.
[[nodiscard]] Checkpoint read_best(const std::filesystem::path& checkpoints, std::int64_t best_step);

}  // namespace leat::run
